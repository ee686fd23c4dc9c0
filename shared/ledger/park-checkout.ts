import { RefusedError } from '../domain/errors.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { Session, Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import type { LedgerContext } from './ledger.ts';
import { outboxEntry, writeOutbox } from './outbox-entry.ts';
import { subjectOf } from './settling/records.ts';

/**
 * Parks a checkout that cannot succeed, with the reason; nothing of it has been done. An operator
 * can have it tried again with `unparkCheckout`.
 * @returns false when it was no longer queued
 */
export async function parkCheckout(
  context: LedgerContext,
  checkoutId: string,
  failure: string,
): Promise<boolean> {
  const { store, clock } = context;
  const entry = await inTransaction(store, async (session) => {
    const settledAt = clock.now();
    const parked = await store.checkouts.findOneAndUpdate(
      { _id: checkoutId, status: 'queued' },
      { $set: { status: 'failed', failure, settledAt } },
      { session },
    );
    if (parked === null) return undefined;
    const checkout = parked as unknown as CheckoutRecord;
    const draft = { ...subjectOf(checkout), type: 'checkout.failed', data: { failure } } as const;
    const written = outboxEntry([draft], settledAt);
    await writeOutbox(store, session, written);
    return written;
  });
  if (entry !== undefined) context.onCommitted?.(entry);
  return entry !== undefined;
}

/**
 * Queues a parked checkout again; the recovery sweep adds its job. Of several who ask at the same
 * time all are told that it is queued again; it is counted as one replay.
 * @returns false when it is not parked
 * @throws RefusedError cart_changed when its cart has been changed or tried again since
 */
export async function unparkCheckout(context: LedgerContext, checkoutId: string): Promise<boolean> {
  const { store } = context;
  const checkouts = store.checkouts;
  const _id = checkoutId;
  const parked = await checkouts.findOne<CheckoutRecord>({ _id, status: 'failed' });
  if (parked === null) return false;
  const { cartId, replays = 0 } = parked;
  return inTransaction(store, async (session) => {
    const { matchedCount } = await checkouts.updateOne(
      { _id, status: 'failed', replays: replays === 0 ? { $in: [null, 0] } : replays },
      { $set: { status: 'queued', replays: replays + 1 }, $unset: { failure: '', settledAt: '' } },
      { session },
    );
    if (matchedCount === 0) {
      // Run again after a commit whose answer got lost, it finds what it has done.
      const done = { _id, replays: replays + 1 };
      return (await checkouts.countDocuments(done, { session })) === 1;
    }
    if (cartId !== undefined) await holdCart(store, session, { cartId, checkoutId });
    return true;
  });
}

/** While it was parked, its buyer could go on with the cart; nobody is to get both. */
async function holdCart(
  store: Store,
  session: Session,
  { cartId, checkoutId }: { readonly cartId: string; readonly checkoutId: string },
): Promise<void> {
  const carts = store.carts;
  const _id = cartId;
  // Counted as a change, so that one of the buyer's at the same time is decided anew.
  const held = { _id, checkoutId };
  const { matchedCount } = await carts.updateOne(held, { $inc: { revision: 1 } }, { session });
  if (matchedCount === 1 || (await carts.countDocuments({ _id }, { session })) === 0) return;
  const detail = 'Its cart has been changed, or tried again, since it failed.';
  throw new RefusedError('cart_changed', detail, [], { cartId });
}
