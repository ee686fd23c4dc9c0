import { madeThrough } from '../../contract/events.ts';
import type { SettlementOutcome } from '../../domain/settlement.ts';
import { shopParts } from '../../domain/shop-parts.ts';
import { orderIdOf } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { EventDraft } from '../outbox-entry.ts';

/** The orders that a placed checkout becomes; none for a refused one. */
export function ordersOf(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
  placedAt: Date,
  reservationTtlMs: number,
): OrderRecord[] {
  if (outcome?.status !== 'placed') return [];
  return outcome.orders.map((draft) => ({
    _id: orderIdOf(checkout._id, draft.shopId),
    checkoutId: checkout._id,
    shopId: draft.shopId,
    storefrontId: checkout.storefrontId,
    buyerId: checkout.buyerId,
    status: 'pending',
    seq: 1,
    lines: draft.lines,
    subtotal: draft.subtotal,
    discount: draft.discount,
    total: draft.total,
    currency: checkout.currency,
    ...(draft.discounts.length > 0 && { discounts: draft.discounts }),
    ...(draft.discounts.length > 0 && checkout.buyerKey && { buyerKey: checkout.buyerKey }),
    ...(checkout.shippingAddress === undefined
      ? {}
      : { shippingAddress: checkout.shippingAddress }),
    placedAt,
    reservedUntil: new Date(placedAt.getTime() + reservationTtlMs),
    history: [{ at: placedAt, status: 'pending', actor: checkout.madeBy }],
  }));
}

/** What the world is told of a settled checkout. */
export function eventOf(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
): EventDraft {
  if (outcome === undefined) throw new RangeError(`checkout ${checkout._id} has no outcome`);
  const common = subjectOf(checkout);
  if (outcome.status === 'rejected') {
    const { code, variantId, discountCode } = outcome.rejection;
    return { ...common, type: 'checkout.rejected', data: { code, variantId, discountCode } };
  }
  const orders = common.shopIds.map((shopId) => orderIdOf(checkout._id, shopId));
  return { ...common, type: 'checkout.placed', data: { orders } };
}

/** What every event of a checkout says of it, and who may see it. */
export function subjectOf(checkout: CheckoutRecord) {
  const { _id: subjectId, storefrontId, lines } = checkout;
  const shopIds = shopParts(lines).map((part) => part.shopId);
  return { subjectId, seq: eventSeqOf(checkout), shopIds, ...madeThrough(storefrontId, shopIds) };
}

/** A checkout has one event each time it is settled: once, and once more for every replay. */
function eventSeqOf({ replays = 0 }: Pick<CheckoutRecord, 'replays'>): number {
  return 1 + replays;
}
