import type { Settled } from '../runtime/group-commit.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import { isDuplicateKey } from '../store/faults.ts';
import { type InsertResult, insertEach } from '../store/insert-each.ts';
import type { Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { toOutboxEntry } from './commit.ts';
import { toSettledEvent } from './settling/settled-records.ts';

/**
 * Stores checkouts that the API has rejected, and their events in the same transaction. If one of
 * them cannot be stored, each is stored by itself with the mark by which a worker writes its event.
 * @throws if it is unknown which checkouts were stored
 */
export async function storeRejections(
  store: Store,
  rejected: readonly CheckoutRecord[],
): Promise<Settled<InsertResult>[]> {
  const at = rejected[0]?.settledAt ?? new Date(0);
  const announced = rejected.map(({ isEventPending: _, ...checkout }) => checkout);
  try {
    await inTransaction(store, async (session) => {
      await store.checkouts.insertMany(announced, { session });
      await store.outbox.insertOne(toRejectionsEntry(announced, at), { session });
    });
    return rejected.map(() => ({ value: 'stored' }));
  } catch (error) {
    // A key is taken, or the transaction ran again after a commit whose response was lost.
    if (!isDuplicateKey(error)) throw error;
    return insertEach(store.checkouts, rejected);
  }
}

/**
 * Returns the events of rejected checkouts as one entry of the outbox. It counts as relayed: no
 * request waits for a checkout that was stored with its outcome.
 */
export function toRejectionsEntry(rejected: readonly CheckoutRecord[], at: Date): OutboxRecord {
  const entry = toOutboxEntry(rejected.map(toRejectedEvent), at);
  const events = entry.events.map((event, index) => {
    return { ...event, at: rejected[index]?.settledAt ?? at };
  });
  return { ...entry, events, isRelayed: true, relayedAt: at };
}

function toRejectedEvent(checkout: CheckoutRecord) {
  const { _id: checkoutId, rejection } = checkout;
  if (rejection === undefined) throw new RangeError(`checkout ${checkoutId} has no rejection`);
  return toSettledEvent(checkout, { checkoutId, status: 'rejected', rejection });
}
