import { storefrontField } from '../../contract/events.ts';
import { isBehindOthers } from '../../domain/lapsed-holds.ts';
import { shopParts } from '../../domain/lines.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { SettlementOutcome } from '../../domain/settlement.ts';
import { toOrderId } from '../../runtime/ids.ts';
import { byIds } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import type { EventDraft } from '../commit.ts';

/** Returns the new orders of a placed checkout; an empty list for any other outcome. */
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
    ...(isUnlisted(checkout, draft.shopId) && { isUnlisted: true as const }),
    ...(checkout.shippingAddress && { shippingAddress: checkout.shippingAddress }),
    ...(checkout.contact && { contact: checkout.contact }),
    ...(checkout.note && { note: checkout.note }),
    ...(draft.charges && { charges: draft.charges }),
    // Metadata belongs to the storefront's shop; other sellers neither see nor change it.
    ...(checkout.metadata &&
      draft.shopId === checkout.storefrontId && { metadata: checkout.metadata }),
    placedAt,
    reservedUntil: new Date(placedAt.getTime() + reservationMs),
    history: [{ at: placedAt, status: 'pending', actor: checkout.madeBy }],
  }));
}

function isUnlisted({ heldShares }: CheckoutRecord, sellerId: string): boolean {
  return heldShares?.some(({ shopId }) => shopId === sellerId) === true;
}

/** Returns the event of a checkout that gets its outcome or begins to wait. */
export function toSettledEvent(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
): EventDraft {
  if (outcome === undefined) throw new RangeError(`checkout ${checkout._id} has no outcome`);
  const subject = toCheckoutSubject(checkout);
  if (outcome.status === 'waiting') {
    const { variantId } = outcome.shortage;
    const waitUntil = checkout.waitUntil?.toISOString();
    return { ...subject, type: 'checkout.waiting', data: { variantId, waitUntil } };
  }
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
 * Returns the fields that all events of a checkout have: its id, the sequence number of the event
 * and the shops that receive it. A checkout has one event for each time it is settled (the first
 * time and every replay) and one for each time it begins to wait.
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

/** A checkout as it was before a batch, with its outcome in the batch. */
export interface Settlement {
  readonly checkout: CheckoutRecord;
  readonly outcome: SettlementOutcome;
}

interface SettlingTimes {
  readonly pickedUpAt: Date;
  readonly settledAt: Date;
}

/**
 * Writes the outcomes: usually one update for all placed checkouts and one for each distinct
 * refusal or shortage. Once a product is sold out, a whole batch shares a single refusal. Orders
 * are not written to their checkout, because their ids and totals follow from its frozen lines.
 * @throws StaleReadError if a checkout’s status has changed, or if it has been parked and replayed;
 *   the transaction must then run again
 */
export async function writeOutcomes(
  store: Store,
  session: Session,
  settlements: readonly Settlement[],
  times: SettlingTimes,
): Promise<void> {
  const groups = new Map<string, { ids: string[]; first: Settlement }>();
  for (const settlement of settlements) {
    const { checkout } = settlement;
    const key = toGroupKey(settlement);
    const group = groups.get(key);
    if (group !== undefined) group.ids.push(checkout._id);
    else groups.set(key, { ids: [checkout._id], first: settlement });
  }
  if (groups.size === 0) return;
  const result = await store.checkouts.bulkWrite(
    Array.from(groups.values(), ({ ids, first }) => ({
      updateMany: {
        filter: { _id: { $in: ids }, ...toState(first.checkout) },
        update: toUpdate(first, times),
      },
    })),
    { session, ordered: false },
  );
  if (result.matchedCount !== settlements.length) throw new StaleReadError('a checkout');
  await writeWaits(store, session, settlements);
}

/** Returns a condition that fails once a checkout has been settled, parked or replayed. */
function toState({ status, replays }: CheckoutRecord) {
  return { status, replays: replays ?? { $exists: false } };
}

/**
 * Marks the waits of checkouts that now wait, and deletes the waits of checkouts that have an
 * outcome.
 */
async function writeWaits(
  { waits }: Store,
  session: Session,
  settlements: readonly Settlement[],
): Promise<void> {
  const begunIds: string[] = [];
  const behindIds: string[] = [];
  const endedIds: string[] = [];
  for (const { checkout, outcome } of settlements) {
    if (checkout.waitUntil === undefined) continue;
    (outcome.status === 'waiting' ? begunIds : endedIds).push(checkout._id);
    if (outcome.status === 'waiting' && isBehindOthers(outcome.shortage))
      behindIds.push(checkout._id);
  }
  if (endedIds.length > 0) await waits.deleteMany(byIds(endedIds), { session });
  if (begunIds.length === 0) return;
  const { matchedCount } = await waits.updateMany(
    byIds(begunIds),
    { $set: { isWaiting: true } },
    { session },
  );
  if (matchedCount !== begunIds.length)
    throw new RangeError('a waiting checkout has no record in `waits`');
  if (behindIds.length === 0) return;
  await waits.updateMany(byIds(behindIds), { $set: { isBehind: true } }, { session });
}

/** Returns a key that is equal for checkouts that the same update writes. */
function toGroupKey({ checkout, outcome }: Settlement): string {
  const { status, replays, waitUntil } = checkout;
  const reason = outcome.status === 'placed' ? 'placed' : JSON.stringify(toReason(outcome));
  const key = replays === undefined ? reason : `${reason}:${replays}`;
  return waitUntil === undefined ? key : `${key}:${status}:${outcome.status}`;
}

function toReason(outcome: Exclude<SettlementOutcome, { status: 'placed' }>): Rejection {
  return outcome.status === 'rejected' ? outcome.rejection : outcome.shortage;
}

function toUpdate({ checkout, outcome }: Settlement, { pickedUpAt, settledAt }: SettlingTimes) {
  if (outcome.status === 'waiting') {
    const { status, shortage } = outcome;
    return { $set: { pickedUpAt, status, shortage, waitingSince: settledAt }, $inc: { waits: 1 } };
  }
  const { status } = outcome;
  return {
    $set: {
      // A waiting checkout got its `pickedUpAt` when it began to wait.
      ...(checkout.status === 'queued' && { pickedUpAt }),
      settledAt,
      status,
      ...(outcome.status === 'rejected' && { rejection: outcome.rejection }),
    },
  };
}
