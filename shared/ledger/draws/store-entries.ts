import { toBuyerKey } from '../../domain/discounts/terms.ts';
import type { Settled } from '../../runtime/group-commit.ts';
import { requestIndexing } from '../../search/request-indexing.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { DrawEntryRecord } from '../../store/collections/draws.ts';
import { listPersonal } from '../../store/collections/personal-checkouts.ts';
import { isDuplicateKey } from '../../store/faults.ts';
import type { Session, Store } from '../../store/store.ts';
import { inTransaction, StaleReadError } from '../../store/transaction.ts';
import { countAtGate } from './gates.ts';

/** A checkout that enters a draw. */
export type EntryDraft = CheckoutDraft & { readonly drawId: string };

/**
 * The result of storing an entry. `duplicate`: its Idempotency-Key is taken. `closed`: its draw
 * accepts no entries. `full`: its draw has the maximum number of entries. `enteredBy`: the id of
 * the checkout with which its buyer has entered before.
 */
export type EntryResult =
  | 'stored'
  | 'duplicate'
  | 'closed'
  | 'full'
  | { readonly enteredBy: string };

type KnownEntry = Pick<DrawEntryRecord, '_id' | 'buyer' | 'idempotencyKey'>;

/**
 * Stores entries on the condition that their draws accept entries, in one transaction for each
 * draw.
 * @returns a result for each entry, in order; an error if its transaction failed
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
      storeInTransaction(store, session, drawId, group),
    );
    return results.map((value) => ({ value }));
  } catch (error) {
    return group.map(() => ({ error }));
  }
}

/**
 * Stores entries of one draw in a transaction. An entry is left out if its buyer has entered
 * already or its Idempotency-Key is taken.
 */
async function storeInTransaction(
  store: Store,
  session: Session,
  drawId: string,
  group: readonly EntryDraft[],
): Promise<EntryResult[]> {
  const known = await readKnown(store, session, drawId, group);
  const idsByKey = await readTakenKeys(store, session, group);
  const results = new Map<string, EntryResult>();
  const newDrafts: EntryDraft[] = [];
  for (const draft of group) {
    const entry = toEntry(draft);
    const earlier = known.get(entry.buyer);
    const takenBy = idsByKey.get(entry.idempotencyKey);
    if (earlier !== undefined) results.set(draft._id, toKnownResult(draft, earlier));
    else if (takenBy !== undefined) {
      results.set(draft._id, takenBy === draft._id ? 'stored' : 'duplicate');
    } else {
      known.set(entry.buyer, entry);
      if (entry.idempotencyKey !== undefined) idsByKey.set(entry.idempotencyKey, entry._id);
      newDrafts.push(draft);
    }
  }
  if (newDrafts.length > 0) {
    const counted = await countAtGate(store, session, drawId, newDrafts.length);
    const storedCount = counted === 'closed' ? 0 : counted;
    if (storedCount > 0) await insertEntries(store, session, newDrafts.slice(0, storedCount));
    const refusal = counted === 'closed' ? 'closed' : 'full';
    const refused = newDrafts.slice(storedCount);
    for (const { _id } of listAlike(group, refused)) results.set(_id, refusal);
  }
  return group.map(({ _id }) => results.get(_id) ?? 'stored');
}

/** Lists the entries of the group that have the buyer or the key of one of the refused entries. */
function listAlike(
  group: readonly EntryDraft[],
  refused: readonly EntryDraft[],
): readonly EntryDraft[] {
  const buyers = new Set(refused.map((draft) => toEntry(draft).buyer));
  const keys = new Set<string | undefined>(listKeys(refused));
  return group.filter(
    (draft) => buyers.has(toEntry(draft).buyer) || keys.has(draft.idempotencyKey),
  );
}

/**
 * Inserts entries. It also requests their indexing, because entries have no event before their
 * outcome.
 * @throws StaleReadError if another process has just stored an entry of one of the buyers, or a
 *   checkout with one of the keys; the next try finds it
 */
async function insertEntries(
  store: Store,
  session: Session,
  drafts: readonly EntryDraft[],
): Promise<void> {
  try {
    await store.checkouts.insertMany(drafts, { session });
    await store.drawEntries.insertMany(drafts.map(toEntry), { session });
  } catch (error) {
    throw isDuplicateKey(error) ? new StaleReadError('an entry') : error;
  }
  const personal = listPersonal(drafts);
  if (personal.length > 0) await store.personalCheckouts.insertMany(personal, { session });
  await requestIndexing(store, {
    subjectIds: drafts.map(({ _id }) => _id),
    at: new Date(Math.min(...drafts.map(({ acceptedAt }) => acceptedAt.getTime()))),
    session,
  });
}

function toEntry({
  _id,
  drawId,
  storefrontId,
  buyerId,
  idempotencyKey,
}: EntryDraft): DrawEntryRecord {
  const buyer = toBuyerKey(storefrontId, buyerId);
  return { _id, drawId, buyer, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

/** Reads the existing entries of the group's buyers in the draw, by buyer. */
async function readKnown(
  { drawEntries }: Store,
  session: Session,
  drawId: string,
  group: readonly EntryDraft[],
): Promise<Map<string, KnownEntry>> {
  const buyers = [...new Set(group.map((draft) => toEntry(draft).buyer))];
  const entries = await drawEntries
    .find<KnownEntry>(
      { drawId, buyer: { $in: buyers } },
      { session, projection: { buyer: 1, idempotencyKey: 1 }, batchSize: buyers.length + 1 },
    )
    .toArray();
  return new Map(entries.map((entry) => [entry.buyer, entry]));
}

/**
 * Reads which checkouts have the Idempotency-Keys of the group: their ids, by key. Such a checkout
 * can be an entry that was withdrawn.
 */
async function readTakenKeys(
  { checkouts }: Store,
  session: Session,
  group: readonly EntryDraft[],
): Promise<Map<string | undefined, string>> {
  const keys = listKeys(group);
  const taken = await checkouts
    .find<Pick<CheckoutRecord, '_id' | 'idempotencyKey'>>(
      { idempotencyKey: { $in: keys } },
      { session, projection: { idempotencyKey: 1 }, batchSize: keys.length + 1 },
    )
    .toArray();
  return new Map(taken.map(({ _id, idempotencyKey }) => [idempotencyKey, _id]));
}

function listKeys(group: readonly EntryDraft[]): string[] {
  return group.flatMap(({ idempotencyKey = [] }) => idempotencyKey);
}

/**
 * Returns the result of an entry whose buyer has an entry already. That can be the same entry, if
 * the transaction runs again after a commit whose answer was lost.
 */
function toKnownResult(entry: EntryDraft, earlier: KnownEntry): EntryResult {
  if (earlier._id === entry._id) return 'stored';
  const isRepeat = earlier.idempotencyKey === entry.idempotencyKey;
  return isRepeat ? 'duplicate' : { enteredBy: earlier._id };
}
