import type { DiscountOffer } from '../../shared/domain/discounts/check-offer.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
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

/** Returns the offer of a new discount. */
export function toOffer({ appliesTo, combinable, ...rest }: DiscountRequest): DiscountOffer {
  const { kind, value, startsAt, endsAt } = rest;
  const required = { kind, value, startsAt, endsAt, isCombinable: combinable ?? false };
  return { ...required, ...optionalFields({ ...rest, productIds: toProductIds(appliesTo) }) };
}

/** Returns an offer with changes applied; `null` removes a field. */
export function changedOffer(
  current: DiscountOffer,
  { appliesTo, combinable, ...changes }: DiscountChanges,
): DiscountOffer {
  const productIds = appliesTo === undefined ? current.productIds : toProductIds(appliesTo);
  return {
    kind: changes.kind ?? current.kind,
    value: changes.value ?? current.value,
    startsAt: changes.startsAt ?? current.startsAt,
    endsAt: changes.endsAt ?? current.endsAt,
    isCombinable: combinable ?? current.isCombinable,
    ...optionalFields({
      currency: changed(changes.currency, current.currency),
      usageLimit: changed(changes.usageLimit, current.usageLimit),
      usageLimitPerBuyer: changed(changes.usageLimitPerBuyer, current.usageLimitPerBuyer),
      minimumSubtotal: changed(changes.minimumSubtotal, current.minimumSubtotal),
      maximumDiscount: changed(changes.maximumDiscount, current.maximumDiscount),
      productIds,
    }),
  };
}

/** Returns the offer of a stored discount. */
export function toStoredOffer(record: DiscountRecord): DiscountOffer {
  const { kind, value, startsAt, endsAt, isCombinable } = record;
  return { kind, value, startsAt, endsAt, isCombinable, ...optionalFields(record) };
}

type Optional = Pick<DiscountOffer, (typeof OPTIONAL_FIELDS)[number]>;

function optionalFields(fields: { readonly [Key in keyof Optional]?: Optional[Key] | undefined }) {
  const given = OPTIONAL_FIELDS.filter((name) => fields[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, fields[name]])) as Optional;
}

function changed<T>(change: T | null | undefined, current: T | undefined): T | undefined {
  return change === null ? undefined : (change ?? current);
}

function toProductIds(appliesTo: DiscountRequest['appliesTo']): readonly string[] | undefined {
  return appliesTo === 'all' ? undefined : [...new Set(appliesTo.productIds)];
}
