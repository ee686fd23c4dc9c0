import { shopParts } from '../domain/settlement.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { inTransaction } from '../store/transaction.ts';
import type { LedgerContext } from './ledger.ts';
import { outboxEntry, writeOutbox } from './outbox-entry.ts';
import { eventSeqOf } from './settling/records.ts';

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
    const parked = await store.checkouts.collection.findOneAndUpdate(
      { _id: checkoutId as never, status: 'queued' },
      { $set: { status: 'failed', failure, settledAt } },
      { session },
    );
    if (parked === null) return undefined;
    const checkout = parked as unknown as CheckoutRecord;
    const shopIds = shopParts(checkout.lines).map((part) => part.shopId);
    const seq = eventSeqOf(checkout);
    const draft = { type: 'checkout.failed', subjectId: checkoutId, seq, shopIds } as const;
    const written = outboxEntry([{ ...draft, data: { failure } }], settledAt);
    await writeOutbox(store, session, written);
    return written;
  });
  if (entry !== undefined) context.onCommitted?.(entry);
  return entry !== undefined;
}

/**
 * Queues a parked checkout again; the recovery sweep adds its job.
 * @returns false when it is not parked
 */
export async function unparkCheckout(context: LedgerContext, checkoutId: string): Promise<boolean> {
  const result = await context.store.checkouts.collection.updateOne(
    { _id: checkoutId as never, status: 'failed' },
    { $set: { status: 'queued' }, $unset: { failure: '', settledAt: '' }, $inc: { replays: 1 } },
  );
  return result.modifiedCount === 1;
}
