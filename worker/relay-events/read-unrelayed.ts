import { inSubjectOrder, type SequencedEntry } from '../../shared/domain/subject-order.ts';
import { CLOCKS_APART_MS_MAX, type OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Store } from '../../shared/store/store.ts';

/** Younger entries are being published by the process that wrote them, if it is a worker. */
const ENTRY_AGE_MS_MIN = 300;
const APART_ENTRIES_MAX = 200;

type Outline = Pick<OutboxRecord, '_id'> & SequencedEntry;

/** Entries to be published next, in this order. */
export interface UnrelayedPage {
  readonly entries: readonly OutboxRecord[];
  /** Whether there may be more. */
  readonly isFull: boolean;
}

/**
 * The oldest entries that nobody has published. An entry is as old as the clock of its process
 * says; one that seems younger than it is, and holds an event that comes before one of these, is
 * taken in, so that clocks that differ do not turn the order of a subject's events round.
 */
export async function readUnrelayed(store: Store, pageMax: number): Promise<UnrelayedPage> {
  const outbox = store.outbox;
  const old = new Date(Date.now() - ENTRY_AGE_MS_MIN);
  const page = await outbox
    .find<OutboxRecord>({ isRelayed: false, at: { $lt: old } })
    .sort({ at: 1 })
    .limit(pageMax)
    .toArray();
  const last = page.at(-1);
  if (last === undefined) return { entries: [], isFull: false };
  const until = new Date(last.at.getTime() + CLOCKS_APART_MS_MAX);
  const known = new Map(page.map((entry) => [entry._id, entry]));
  const outlines = await outbox
    .find<Outline>(
      { isRelayed: false, at: { $gte: last.at, $lte: until } },
      { projection: { 'events.subjectId': 1, 'events.seq': 1 } },
    )
    .sort({ at: 1 })
    .limit(APART_ENTRIES_MAX)
    .toArray();
  const others = outlines.filter(({ _id }) => !known.has(_id));
  const ordered = inSubjectOrder<Outline>(page, others).map(({ _id }) => _id);
  const missing = ordered.filter((id) => !known.has(id));
  if (missing.length > 0) {
    const found = await outbox.find<OutboxRecord>({ _id: { $in: missing } }).toArray();
    for (const entry of found) known.set(entry._id, entry);
  }
  return {
    entries: ordered.flatMap((id) => known.get(id) ?? []),
    isFull: page.length === pageMax,
  };
}
