import { inSubjectOrder } from '../../shared/domain/subject-order.ts';
import { CLOCKS_APART_MS_MAX, type OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';

/** After a page, this many entries are searched for earlier events of its subjects. */
const APART_ENTRIES_MAX = 200;

/** An outbox entry with only the subjects and positions of its events. */
export interface OutboxOutline extends Pick<OutboxRecord, '_id' | 'at' | 'shopIds'> {
  readonly events: readonly { readonly subjectId: string; readonly seq: number }[];
}

interface OutboxPage {
  readonly outlines: readonly OutboxOutline[];
  /** Whether the outbox may hold more entries. */
  readonly isFull: boolean;
}

/**
 * Reads the oldest matching entries in the order of their subjects' events. The age of an entry
 * comes from the clock of the process that wrote it. A younger entry is therefore included if it
 * has an event that precedes an event of the same subject in the page.
 */
export async function readOutboxPage(
  store: Store,
  filter: Filter<OutboxRecord>,
  pageMax: number,
): Promise<OutboxPage> {
  const read = (entries: Filter<OutboxRecord>, limit: number) =>
    store.outbox
      .find<OutboxOutline>(entries, {
        projection: { at: 1, shopIds: 1, 'events.subjectId': 1, 'events.seq': 1 },
        sort: { at: 1 },
        limit,
      })
      .toArray();
  const page = await read(filter, pageMax);
  const last = page.at(-1);
  if (last === undefined) return { outlines: [], isFull: false };
  const until = new Date(last.at.getTime() + CLOCKS_APART_MS_MAX);
  const following = await read(
    { ...filter, at: { $gte: last.at, $lte: until } },
    APART_ENTRIES_MAX,
  );
  const ids = new Set(page.map(({ _id }) => _id));
  const younger = following.filter(({ _id }) => !ids.has(_id));
  return { outlines: inSubjectOrder(page, younger), isFull: page.length === pageMax };
}
