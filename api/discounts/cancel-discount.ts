import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { recordAudit } from '../audit/record-audit.ts';
import type { DiscountChanger } from './change-discount.ts';
import { rewriteDiscount } from './rewrite-discount.ts';

/**
 * Takes a discount back: from now on nothing is placed with it, and its code is free for another.
 * The record stays, since orders refer to it, and they keep what they have. Doing so again changes
 * nothing.
 * @throws RefusedError not_found
 */
export async function cancelDiscount(
  changer: DiscountChanger,
  discountId: string,
): Promise<DiscountRecord> {
  const { context, principal } = changer;
  const cancelled = await rewriteDiscount(context.store, principal, discountId, (record) => {
    if (!record.isActive) return undefined;
    const now = context.clock.now();
    return { $set: { isActive: false, cancelledAt: now, updatedAt: now }, isOfUses: true };
  });
  if (cancelled.isChanged) {
    const { code } = cancelled.record;
    await recordAudit(changer, 'discount.cancelled', { target: discountId, detail: { code } });
  }
  return cancelled.record;
}
