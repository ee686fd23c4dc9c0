import { isDeepStrictEqual } from 'node:util';
import { checkOffer } from '../../shared/domain/discounts/check-offer.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { checkIfMatch, etagOf } from '../http/etag.ts';
import { checkProducts } from './check-products.ts';
import type { DiscountsContext } from './context.ts';
import { changedOffer, OPTIONAL_FIELDS, toStoredOffer } from './offer.ts';
import { type DiscountUpdate, rewriteDiscount } from './rewrite-discount.ts';
import type { DiscountChanges } from './schemas.ts';

/** A request that makes or changes one discount. */
export type DiscountChanger = AuditedCaller<DiscountsContext>;

interface Change {
  readonly discountId: string;
  /** The `If-Match` header, where the request has one. */
  readonly ifMatch?: string | undefined;
  readonly changes: DiscountChanges;
}

/**
 * Changes what a discount offers. What has been accepted before keeps what it was promised; limits
 * count from now on. A change that changes nothing is not counted.
 * @throws RefusedError not_found, precondition_failed, invalid_transition, invalid_request,
 * unknown_product or usage_limit_below_uses
 */
export async function changeDiscount(
  changer: DiscountChanger,
  { discountId, ifMatch, changes }: Change,
): Promise<DiscountRecord> {
  const { context, principal } = changer;
  const { store, clock } = context;
  const decide = async (record: DiscountRecord) => {
    if (!record.isActive) {
      throw new RefusedError('invalid_transition', 'It is cancelled; create another one.');
    }
    checkIfMatch(ifMatch, etagOf(record.revision));
    await checkProducts(store, principal, changes.appliesTo, record.productIds);
    return toUpdate(record, changes, clock.now());
  };
  const changed = await rewriteDiscount(store, principal, discountId, decide);
  if (changed.isChanged) {
    const detail = { fields: Object.keys(changes) };
    await recordAudit(changer, 'discount.changed', { target: discountId, detail });
  }
  return changed.record;
}

function toUpdate(
  record: DiscountRecord,
  changes: DiscountChanges,
  now: Date,
): DiscountUpdate | undefined {
  const current = toStoredOffer(record);
  const offer = changedOffer(current, changes);
  if (isDeepStrictEqual(offer, current)) return undefined;
  checkOffer(offer);
  const { usageLimit, usageLimitPerBuyer } = offer;
  const isLimitChanged = usageLimit !== current.usageLimit;
  if (isLimitChanged && usageLimit !== undefined && usageLimit < record.uses) {
    const message = `It has been used ${record.uses} times already.`;
    const fields = [{ path: 'usageLimit', message }];
    throw new RefusedError('usage_limit_below_uses', message, fields, { uses: record.uses });
  }
  const removed = OPTIONAL_FIELDS.filter((name) => offer[name] === undefined);
  return {
    $set: { ...offer, updatedAt: now },
    ...(removed.length > 0 && { $unset: Object.fromEntries(removed.map((name) => [name, ''])) }),
    isOfUses: isLimitChanged || usageLimitPerBuyer !== current.usageLimitPerBuyer,
  };
}
