import type { Settled } from '../runtime/group-commit.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { InsertResult } from '../store/insert-each.ts';
import type { Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { toOutboxEntry } from './commit.ts';
import { toSettledEvent } from './settling/settled-records.ts';

/**
 * The second try leaves out the checkouts whose keys are taken. Further tries are needed only if
 * other requests take keys meanwhile.
 */
const TRIES_MAX = 5;

/**
 * Stores checkouts that the API has rejected, and their events in the same transaction. If the
 * Idempotency-Keys of some checkouts are taken, only the others are stored.
 * @param traceparents trace contexts by checkout, for the outbox entry
 * @returns for each checkout whether it was stored or its key was taken
 * @throws if it is unknown which checkouts were stored, or if keys were still taken after
 *   `TRIES_MAX` tries
 */
export async function storeRejections(
  store: Store,
  rejected: readonly CheckoutRecord[],
  traceparents?: ReadonlyMap<string, string>,
): Promise<Settled<InsertResult>[]> {
  const results = new Map<string, InsertResult>();
  let left = rejected;
  for (let tries = 1; left.length > 0; tries += 1) {
    if (await storeAll(store, left, traceparents)) {
      for (const { _id } of left) results.set(_id, 'stored');
      break;
    }
    if (tries >= TRIES_MAX)
      throw new Error('the keys of these checkouts are taken again and again');
    for (const [id, result] of await findTaken(store, left)) results.set(id, result);
    left = left.filter(({ _id }) => !results.has(_id));
  }
  return rejected.map(({ _id }) => ({ value: results.get(_id) ?? 'duplicate' }));
}

/**
 * Stores all of the checkouts.
 * @returns false if a key is taken; then none of them is stored
 */
async function storeAll(
  store: Store,
  rejected: readonly CheckoutRecord[],
  traceparents?: ReadonlyMap<string, string>,
): Promise<boolean> {
  try {
    await inTransaction(store, async (session) => {
      await store.checkouts.insertMany(rejected, { session });
      await store.outbox.insertOne(toRejectionsEntry(rejected, traceparents), { session });
    });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/**
 * Finds the checkouts that need not or cannot be stored: they were stored by a commit whose
 * response was lost, or another checkout has their key, perhaps an earlier checkout of the same
 * group.
 */
async function findTaken(
  store: Store,
  rejected: readonly CheckoutRecord[],
): Promise<ReadonlyMap<string, InsertResult>> {
  const ids = rejected.map(({ _id }) => _id);
  const keys = rejected.flatMap(({ idempotencyKey = [] }) => idempotencyKey);
  const filter = { $or: [{ _id: { $in: ids } }, { idempotencyKey: { $in: keys } }] };
  // Reads in a transaction: once it is committed, the checkouts that it has read are durable.
  const present = await inTransaction(store, (session) =>
    store.checkouts
      .find<Pick<CheckoutRecord, '_id' | 'idempotencyKey'>>(filter, {
        ...{ session, projection: { idempotencyKey: 1 } },
      })
      .toArray(),
  );
  const storedIds = new Set(present.map(({ _id }) => _id));
  const takenKeys = new Set(present.map(({ idempotencyKey }) => idempotencyKey));
  const taken = new Map<string, InsertResult>();
  for (const { _id, idempotencyKey } of rejected) {
    if (storedIds.has(_id)) taken.set(_id, 'stored');
    else if (idempotencyKey !== undefined && takenKeys.has(idempotencyKey)) {
      taken.set(_id, 'duplicate');
    } else takenKeys.add(idempotencyKey);
  }
  return taken;
}

/**
 * Returns the events of rejected checkouts as one entry of the outbox. The entry counts as relayed,
 * because no request waits for a checkout that was stored with its outcome.
 * @param traceparents trace contexts by checkout, for the outbox entry
 */
export function toRejectionsEntry(
  rejected: readonly CheckoutRecord[],
  traceparents?: ReadonlyMap<string, string>,
): OutboxRecord {
  const at = rejected[0]?.settledAt ?? new Date(0);
  const entry = toOutboxEntry(rejected.map(toRejectedEvent), at, traceparents);
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
