import { RefusedError } from '../domain/errors.ts';
import { OPEN_STATUSES } from '../domain/vocabulary.ts';
import { requestIndexing } from '../search/request-indexing.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { toWaitWithoutKeys } from '../store/collections/waits.ts';
import type { Session, Store } from '../store/store.ts';
import { type AuditDraft, commit } from './commit.ts';
import { replayEntry } from './draws/replay-entry.ts';
import type { LedgerContext } from './ledger.ts';
import { toCheckoutSubject } from './settling/settled-records.ts';

/**
 * Parks a checkout that cannot be settled, with the reason. An operator can queue it again with
 * `unparkCheckout`.
 * @returns false if the checkout has an outcome already, or does not exist
 */
export async function parkCheckout(
  context: LedgerContext,
  checkoutId: string,
  failure: string,
): Promise<boolean> {
  const { store, clock, onParked } = context;
  const attempts: Date[] = [];
  const isParked = await commit(context, [], async (session) => {
    const at = clock.now();
    attempts.push(at);
    const parked = await store.checkouts.findOneAndUpdate(
      { _id: checkoutId, status: { $in: [...OPEN_STATUSES] } },
      { $set: { status: 'failed', failure, settledAt: at } },
      { session },
    );
    if (parked === null) {
      // An earlier attempt of this call, whose response was lost, may have parked it.
      const own = {
        _id: checkoutId,
        status: 'failed',
        failure,
        settledAt: { $in: attempts },
      } as const;
      return { result: (await store.checkouts.countDocuments(own, { session })) === 1 };
    }
    const record = parked as unknown as CheckoutRecord;
    const data = { failure, ...(record.status === 'waiting' && { wasWaiting: true }) };
    const event = { ...toCheckoutSubject(record), type: 'checkout.failed', data } as const;
    const write = async () => {
      if (record.waitUntil) await store.waits.deleteOne({ _id: checkoutId }, { session });
    };
    return { result: true, changes: { at, events: [event], write } };
  });
  if (isParked) onParked?.(checkoutId, failure);
  return isParked;
}

const FAILED = { failure: '', settledAt: '' };
/** What an earlier attempt to settle has left; a checkout that is queued again begins without it. */
const TRIED = { pickedUpAt: '', waitingSince: '', shortage: '' };

/**
 * Queues a parked checkout again; the recovery sweep adds its job. An entry of a draw is not queued
 * but waits again. Concurrent calls count as one replay, and all of them return true.
 * @param audit the audit entry of the replay
 * @returns false if the checkout is not parked
 * @throws RefusedError cart_changed if its cart has been changed or checked out again since;
 *   draw_closed if its draw gives out no more units
 */
export async function unparkCheckout(
  context: LedgerContext,
  checkoutId: string,
  audit?: AuditDraft,
): Promise<boolean> {
  const { store, clock } = context;
  const { checkouts } = store;
  const _id = checkoutId;
  const parked = await checkouts.findOne<CheckoutRecord>({ _id, status: 'failed' });
  if (parked === null) return false;
  const { cartId, drawId, replays = 0 } = parked;
  const status = drawId === undefined ? 'queued' : 'waiting';
  const $unset = drawId === undefined ? { ...FAILED, ...TRIED } : FAILED;
  return commit(context, [], async (session) => {
    const { matchedCount } = await checkouts.updateOne(
      { _id, status: 'failed', replays: replays === 0 ? { $in: [null, 0] } : replays },
      { $set: { status, replays: replays + 1 }, $unset },
      { session },
    );
    if (matchedCount === 0) {
      // Another call has queued it, or an earlier attempt of this call whose response was lost.
      const replayed = { _id, replays: replays + 1 };
      return { result: (await checkouts.countDocuments(replayed, { session })) === 1 };
    }
    if (drawId !== undefined) await replayEntry(store, session, { drawId, checkoutId });
    if (cartId !== undefined) await checkOutCartAgain(store, session, { cartId, checkoutId });
    await storeWaitAgain(store, session, parked);
    // A replay has no event, by which the search index would find it.
    const at = clock.now();
    await requestIndexing(store, { subjectIds: [checkoutId], at, session });
    return { result: true, changes: { at, audit: audit === undefined ? [] : [audit] } };
  });
}

/**
 * Marks the cart as checked out again. Does nothing if the cart no longer exists.
 * @throws RefusedError cart_changed if the cart has been changed or checked out again
 */
async function checkOutCartAgain(
  store: Store,
  session: Session,
  { cartId, checkoutId }: { readonly cartId: string; readonly checkoutId: string },
): Promise<void> {
  const { carts } = store;
  const _id = cartId;
  // The new revision makes a concurrent change by the buyer fail. When that change is tried again,
  // it finds that the cart is checked out.
  const held = { _id, checkoutId };
  const { matchedCount } = await carts.updateOne(held, { $inc: { revision: 1 } }, { session });
  if (matchedCount === 1 || (await carts.countDocuments({ _id }, { session })) === 0) return;
  const detail = 'The cart has been changed or checked out again since the checkout failed.';
  throw new RefusedError('cart_changed', detail, [], { cartId });
}

/**
 * Stores the wait of the checkout again. It has no unique keys, because another checkout of the
 * buyer may already wait for the same variants.
 */
async function storeWaitAgain(
  { waits }: Store,
  session: Session,
  checkout: CheckoutRecord,
): Promise<void> {
  const wait = toWaitWithoutKeys(checkout);
  if (wait !== undefined) await waits.insertOne(wait, { session });
}
