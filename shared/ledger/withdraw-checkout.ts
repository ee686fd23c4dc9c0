import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Session } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import type { LedgerContext } from './ledger.ts';
import { outboxEntry, writeOutbox } from './outbox-entry.ts';
import { readCheckouts } from './settling/reads.ts';
import { eventOf } from './settling/records.ts';

/** What became of a checkout that somebody wanted to withdraw, and the checkout as it then stands. */
export type WithdrawalResult =
  | { readonly kind: 'withdrawn' | 'unchanged' | 'settled'; readonly checkout: CheckoutRecord }
  | { readonly kind: 'missing' };

const WITHDRAWN = { code: 'withdrawn' } as const;

/**
 * Withdraws checkouts that nobody has settled yet, in one transaction; each becomes rejected. One
 * that is withdrawn already stays so, any other outcome stands. The locks of their products are
 * taken as for settling, so that whoever withdraws a lot does not make batches run again and again.
 * @throws what cannot be cured by trying again; nothing of the batch is then done
 */
export async function withdrawCheckouts(
  context: LedgerContext,
  checkoutIds: readonly string[],
): Promise<WithdrawalResult[]> {
  const known = await readCheckouts(context, checkoutIds);
  const products = [...known.values()]
    .filter((checkout) => checkout.status === 'queued')
    .flatMap((checkout) => checkout.lines.map((line) => line.productId));
  const { checkouts, withdrawn, entry } = await context.locks.holding(products, () =>
    inTransaction(context.store, (session) => withdrawAtSnapshot(context, session, checkoutIds)),
  );
  if (entry.events.length > 0) context.onCommitted?.(entry);
  return checkoutIds.map((id) => resultOf(checkouts.get(id), withdrawn.has(id)));
}

async function withdrawAtSnapshot(
  context: LedgerContext,
  session: Session,
  checkoutIds: readonly string[],
): Promise<{
  checkouts: Map<string, CheckoutRecord>;
  withdrawn: Set<string>;
  entry: OutboxRecord;
}> {
  const { store, clock } = context;
  const checkouts = await readCheckouts(context, checkoutIds, session);
  const queued = [...checkouts.values()].filter((checkout) => checkout.status === 'queued');
  const settledAt = clock.now();
  const outcome = { status: 'rejected', rejection: WITHDRAWN } as const;
  const drafts = queued.map((each) => eventOf(each, { checkoutId: each._id, ...outcome }));
  const entry = outboxEntry(drafts, settledAt);
  const withdrawn = new Set(queued.map((checkout) => checkout._id));
  if (queued.length > 0) {
    await writeOutbox(store, session, entry);
    await store.checkouts.updateMany(
      { _id: { $in: [...withdrawn] }, status: 'queued' },
      { $set: { ...outcome, settledAt } },
      { session },
    );
  }
  for (const each of queued) checkouts.set(each._id, { ...each, ...outcome, settledAt });
  return { checkouts, withdrawn, entry };
}

function resultOf(checkout: CheckoutRecord | undefined, isNew: boolean): WithdrawalResult {
  if (checkout === undefined) return { kind: 'missing' };
  if (isNew) return { kind: 'withdrawn', checkout };
  return { kind: checkout.rejection?.code === 'withdrawn' ? 'unchanged' : 'settled', checkout };
}
