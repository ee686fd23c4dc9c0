import type { DiscountOffer } from '../../shared/domain/discounts/check-offer.ts';
import { changeValue, pick } from '../../shared/domain/pick.ts';
import type { DiscountChanges, DiscountRequest } from './schemas.ts';

/** The optional fields of an offer. */
export const OPTIONAL_FIELDS = [
  'currency',
  'usageLimit',
  'usageLimitPerBuyer',
  'minimumSubtotal',
  'maximumDiscount',
  'productIds',
] as const;

type OptionalField = (typeof OPTIONAL_FIELDS)[number];

/** Returns the offer of a new discount. */
export function toOffer({ appliesTo, combinable, ...fields }: DiscountRequest): DiscountOffer {
  const productIds = toProductIds(appliesTo);
  return pickOffer({ ...fields, isCombinable: combinable ?? false, productIds });
}

/** Returns the offer after a change. In the change, `null` removes a field. */
export function changeOffer(
  current: DiscountOffer,
  { appliesTo, combinable, ...changes }: DiscountChanges,
): DiscountOffer {
  const productIds = appliesTo === undefined ? current.productIds : toProductIds(appliesTo);
  return pickOffer({
    kind: changes.kind ?? current.kind,
    value: changes.value ?? current.value,
    startsAt: changes.startsAt ?? current.startsAt,
    endsAt: changes.endsAt ?? current.endsAt,
    isCombinable: combinable ?? current.isCombinable,
    currency: changeValue(current.currency, changes.currency),
    usageLimit: changeValue(current.usageLimit, changes.usageLimit),
    usageLimitPerBuyer: changeValue(current.usageLimitPerBuyer, changes.usageLimitPerBuyer),
    minimumSubtotal: changeValue(current.minimumSubtotal, changes.minimumSubtotal),
    maximumDiscount: changeValue(current.maximumDiscount, changes.maximumDiscount),
    productIds,
  });
}

/** Returns the offer of a discount, without its other fields. */
export function pickOffer(
  fields: Omit<DiscountOffer, OptionalField> & {
    readonly [Name in OptionalField]?: DiscountOffer[Name] | undefined;
  },
): DiscountOffer {
  return pick(fields, 'kind', 'value', 'startsAt', 'endsAt', 'isCombinable', ...OPTIONAL_FIELDS);
}

function toProductIds(appliesTo: DiscountRequest['appliesTo']): readonly string[] | undefined {
  return appliesTo === 'all' ? undefined : [...new Set(appliesTo.productIds)];
}
