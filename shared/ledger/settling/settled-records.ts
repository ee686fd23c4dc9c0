import { storefrontField } from '../../contract/events.ts';
import { shopParts } from '../../domain/lines.ts';
import type { Rejection, SettlementOutcome } from '../../domain/settlement.ts';
import { toOrderId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import type { EventDraft } from '../commit.ts';

/** Makes the orders of a placed checkout; a refused one has none. */
export function toOrders(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
  placedAt: Date,
  reservationTtlMs: number,
): OrderRecord[] {
  if (outcome?.status !== 'placed') return [];
  const reservationMs = checkout.reservationMs ?? reservationTtlMs;
  return outcome.orders.map((draft) => ({
    _id: toOrderId(checkout._id, draft.shopId),
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
    ...(draft.limits.length > 0 && { purchaseLimits: draft.limits }),
    ...(checkout.shippingAddress === undefined
      ? {}
      : { shippingAddress: checkout.shippingAddress }),
    placedAt,
    reservedUntil: new Date(placedAt.getTime() + reservationMs),
    history: [{ at: placedAt, status: 'pending', actor: checkout.madeBy }],
  }));
}

/** Makes the event of a settled checkout. */
export function toSettledEvent(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
): EventDraft {
  if (outcome === undefined) throw new RangeError(`checkout ${checkout._id} has no outcome`);
  const subject = toCheckoutSubject(checkout);
  const mark = checkout.status === 'waiting' && { wasWaiting: true };
  if (outcome.status === 'rejected') {
    const { code, variantId, discountCode } = outcome.rejection;
    const data = { code, variantId, discountCode, ...mark };
    return { ...subject, type: 'checkout.rejected', data };
  }
  const orders = subject.shopIds.map((shopId) => toOrderId(checkout._id, shopId));
  return { ...subject, type: 'checkout.placed', data: { orders, ...mark } };
}

/**
 * Returns what all events of a checkout share: its id, their number and who may see them. A
 * checkout has one event each time it is settled, once and once more for every replay, and one
 * each time it begins to wait.
 */
export function toCheckoutSubject(checkout: CheckoutRecord) {
  const { _id: subjectId, storefrontId, lines, replays = 0, waits = 0 } = checkout;
  const shopIds = shopParts(lines).map((part) => part.shopId);
  return {
    subjectId,
    seq: 1 + replays + waits,
    shopIds,
    ...storefrontField(storefrontId, shopIds),
  };
}

/**
 * Writes the outcomes: one update for all placed checkouts and one for each distinct refusal. Once
 * a product is sold out, a whole batch shares a single refusal. Orders are not written to their
 * checkout: their ids and totals follow from what it froze at acceptance.
 * @throws StaleReadError if one is no longer queued; the transaction must then run again
 */
export async function writeOutcomes(
  store: Store,
  session: Session,
  outcomes: readonly SettlementOutcome[],
  times: { readonly pickedUpAt: Date; readonly settledAt: Date },
): Promise<void> {
  const groups = new Map<string, { ids: string[]; rejection?: Rejection }>();
  for (const outcome of outcomes) {
    const rejection = outcome.status === 'rejected' ? outcome.rejection : undefined;
    const key = rejection === undefined ? 'placed' : JSON.stringify(rejection);
    const group = groups.get(key);
    if (group !== undefined) group.ids.push(outcome.checkoutId);
    else groups.set(key, { ids: [outcome.checkoutId], ...(rejection && { rejection }) });
  }
  if (groups.size === 0) return;
  const result = await store.checkouts.bulkWrite(
    Array.from(groups.values(), ({ ids, rejection }) => ({
      updateMany: {
        filter: { _id: { $in: ids }, status: 'queued' },
        update: {
          $set: rejection
            ? { ...times, status: 'rejected', rejection }
            : { ...times, status: 'placed' },
        },
      },
    })),
    { session, ordered: false },
  );
  if (result.matchedCount !== outcomes.length) throw new StaleReadError('a checkout');
}
