import { inSubjectOrder, type SequencedEntry } from '../../../shared/domain/subject-order.ts';
import {
  CLOCKS_APART_MS_MAX,
  NOT_FANNED_OUT,
  type OutboxRecord,
} from '../../../shared/store/collections/outbox.ts';
import type { Store } from '../../../shared/store/store.ts';

/** Entries that are enough for a page. */
export const PAGE_MAX = 50;
const APART_ENTRIES_MAX = 200;
/** Entries with more events than this are read one by one. */
const READ_EVENTS_MAX = 1_000;

/** An entry of the outbox without what makes it large. */
export type Head = Pick<OutboxRecord, '_id' | 'at' | 'shopIds'>;

type Outline = Pick<OutboxRecord, '_id'> & SequencedEntry;

/** Spares an idle system the rest of a round. */
export async function isAnythingWaiting(store: Store): Promise<boolean> {
  const found = await store.outbox.findOne(NOT_FANNED_OUT, {
    projection: { _id: 1 },
  });
  return found !== null;
}

/**
 * The oldest entries whose deliveries are not on record. A full page is read on by as much as
 * clocks may differ, so that of two events of one subject the earlier is in it with the later.
 */
export async function readHeads(store: Store): Promise<Head[]> {
  const read = (at: object, limit: number) =>
    store.outbox
      .find<Head>({ ...NOT_FANNED_OUT, ...at }, { projection: { at: 1, shopIds: 1 } })
      .sort({ at: 1 })
      .limit(limit)
      .toArray();
  const heads = await read({}, PAGE_MAX);
  const last = heads.at(-1);
  if (last === undefined || heads.length < PAGE_MAX) return heads;
  const until = new Date(last.at.getTime() + CLOCKS_APART_MS_MAX);
  const more = await read({ at: { $gte: last.at, $lte: until } }, APART_ENTRIES_MAX);
  return [...new Map([...heads, ...more].map((head) => [head._id, head])).values()];
}

/**
 * The entries of a page, a few at a time, so that each subject's events come in their order and
 * never more of them are in memory than one entry has, or a thousand.
 */
export async function* readEntries(
  store: Store,
  heads: readonly Head[],
): AsyncGenerator<OutboxRecord[]> {
  const outlines = await readByIds<Outline>(store, heads, {
    'events.subjectId': 1,
    'events.seq': 1,
  });
  let group: Outline[] = [];
  let count = 0;
  for (const outline of inSubjectOrder(outlines)) {
    count += outline.events.length;
    if (group.length > 0 && count > READ_EVENTS_MAX) {
      yield await readByIds<OutboxRecord>(store, group);
      group = [];
      count = outline.events.length;
    }
    group.push(outline);
  }
  if (group.length > 0) yield await readByIds<OutboxRecord>(store, group);
}

/** In the order in which they are asked for. */
async function readByIds<Entry extends Pick<OutboxRecord, '_id'>>(
  store: Store,
  wanted: readonly Pick<OutboxRecord, '_id'>[],
  projection: Readonly<Record<string, 1>> = {},
): Promise<Entry[]> {
  const ids = wanted.map(({ _id }) => _id);
  const found = await store.outbox.find<Entry>({ _id: { $in: ids } }, { projection }).toArray();
  const byId = new Map(found.map((entry) => [entry._id, entry]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
