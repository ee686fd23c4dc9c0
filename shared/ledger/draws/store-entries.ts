import type { Settled } from '../../runtime/group-commit.ts';
import type { CheckoutDraft } from '../../store/collections/checkouts.ts';
import { isDuplicateKey } from '../../store/faults.ts';
import type { Session, Store } from '../../store/store.ts';
import { inTransaction } from '../../store/transaction.ts';
import { countAtGate } from './gates.ts';

/** A checkout that enters a draw. */
export type EntryDraft = CheckoutDraft & { readonly drawId: string; readonly drawBuyer: string };

/**
 * The result of an entry: `duplicate` if its Idempotency-Key is taken, or the id of the checkout by
 * which its buyer has entered before.
 */
export type EntryResult =
  | 'stored'
  | 'duplicate'
  | 'closed'
  | 'full'
  | { readonly enteredBy: string };

type KnownEntry = Pick<EntryDraft, '_id' | 'drawBuyer' | 'idempotencyKey'>;

/**
 * Stores entries on the condition that their draws are open, those of one draw in one transaction.
 * Returns the results in their order.
 */
export async function storeEntries(
  store: Store,
  entries: readonly EntryDraft[],
): Promise<Settled<EntryResult>[]> {
  const results = new Map<string, Settled<EntryResult>>();
  for (const [drawId, group] of Map.groupBy(entries, (entry) => entry.drawId)) {
    const stored = await storeGroup(store, drawId, group);
    group.forEach(({ _id }, index) => {
      results.set(_id, stored[index] ?? { error: new Error('the entry has no result') });
    });
  }
  return entries.map(({ _id }) => results.get(_id) ?? { error: new Error('no such entry') });
}

async function storeGroup(
  store: Store,
  drawId: string,
  group: readonly EntryDraft[],
): Promise<Settled<EntryResult>[]> {
  try {
    const results = await inTransaction(store, (session) =>
      storeAtOnce(store, session, drawId, group),
    );
    return results.map((value) => ({ value }));
  } catch (error) {
    if (!isDuplicateKey(error)) return group.map(() => ({ error }));
    // Another process has just stored an entry of one of the buyers, or a key is another checkout's.
    if (group.length > 1) {
      const alone: Settled<EntryResult>[] = [];
      for (const entry of group) alone.push(...(await storeGroup(store, drawId, [entry])));
      return alone;
    }
    const [entry] = group;
    if (entry === undefined) return [];
    return [{ value: await findTaken(store, entry) }];
  }
}

async function storeAtOnce(
  store: Store,
  session: Session,
  drawId: string,
  group: readonly EntryDraft[],
): Promise<EntryResult[]> {
  const known = await readKnown(store, session, drawId, group);
  const results = new Map<string, EntryResult>();
  const fresh: EntryDraft[] = [];
  for (const entry of group) {
    const earlier = known.get(entry.drawBuyer);
    if (earlier === undefined) {
      known.set(entry.drawBuyer, entry);
      fresh.push(entry);
    } else results.set(entry._id, compare(entry, earlier));
  }
  if (fresh.length > 0) {
    const counted = await countAtGate(store, session, drawId, fresh.length);
    if (counted === 'counted') await store.checkouts.insertMany(fresh, { session });
    else for (const { _id } of fresh) results.set(_id, counted);
  }
  return group.map(({ _id }) => results.get(_id) ?? 'stored');
}

/** Reads the entries that the buyers have already, by buyer. */
async function readKnown(
  { checkouts }: Store,
  session: Session,
  drawId: string,
  group: readonly EntryDraft[],
): Promise<Map<string, KnownEntry>> {
  const buyers = [...new Set(group.map(({ drawBuyer }) => drawBuyer))];
  const found = await checkouts
    .find<KnownEntry>(
      { drawId, drawBuyer: { $in: buyers } },
      { session, projection: { drawBuyer: 1, idempotencyKey: 1 }, batchSize: buyers.length + 1 },
    )
    .toArray();
  return new Map(found.map((entry) => [entry.drawBuyer, entry]));
}

/** The transaction may run again after a commit whose response was lost: it finds its own entry. */
function compare(entry: EntryDraft, earlier: KnownEntry): EntryResult {
  if (earlier._id === entry._id) return 'stored';
  const isRepeat = earlier.idempotencyKey === entry.idempotencyKey;
  return isRepeat ? 'duplicate' : { enteredBy: earlier._id };
}

async function findTaken({ checkouts }: Store, entry: EntryDraft): Promise<EntryResult> {
  const { drawId, drawBuyer } = entry;
  const earlier = await checkouts.findOne<KnownEntry>(
    { drawId, drawBuyer },
    { projection: { drawBuyer: 1, idempotencyKey: 1 } },
  );
  return earlier === null ? 'duplicate' : compare(entry, earlier);
}
