import { lowestIdAt } from '../../../../shared/runtime/ids.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { WRITE_TIMEOUT_MS } from '../../../http/bounds.ts';
import { inTime, READ_TIMEOUT_MS } from '../read-record.ts';
import { MARKED_ACTIONS, type Mark, type MarkEntry, toMarks } from './marks.ts';

/** The time that the charts show. */
const SHOWN_MS = 10 * 60_000;
const READ_EVERY_MS = 1_000;
/** An entry is stored at most this long after its id was created. */
const LATE_MS_MAX = WRITE_TIMEOUT_MS;
/** One read examines at most this many entries of all shops, newest first. */
const EXAMINED_MAX = 20_000;
/** The maximum number of entries kept. One replay of parked checkouts writes up to a hundred. */
const ENTRIES_MAX = 500;

/**
 * Reads the marks of the charts from the audit log. It reads by id, because ids begin with the
 * time. The first read covers the time that the charts show. Each later read begins `LATE_MS_MAX`
 * before the time of the previous read, to find entries that were stored late.
 */
export class MarkReader {
  readonly #store: Store;
  /** The newest first. */
  #entries: readonly MarkEntry[] = [];
  #marks: readonly Mark[] = [];
  #triedAt = Number.NEGATIVE_INFINITY;
  #readUntil = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Returns the latest marks, newest first. Reads at most once a second.
   * @throws Error if the audit log cannot be read in time
   */
  async read(now: Date): Promise<readonly Mark[]> {
    const nowMs = now.getTime();
    if (nowMs - this.#triedAt < READ_EVERY_MS) return this.#marks;
    this.#triedAt = nowMs;
    const shownFrom = nowMs - SHOWN_MS;
    const from = Math.max(shownFrom, this.#readUntil - LATE_MS_MAX);
    const newEntries = await inTime('marks', readEntries(this.#store, new Date(from)));
    this.#readUntil = nowMs;
    const entries = new Map([...this.#entries, ...newEntries].map((entry) => [entry._id, entry]));
    this.#entries = [...entries.values()]
      .filter(({ at }) => at.getTime() >= shownFrom)
      .sort(newestFirst)
      .slice(0, ENTRIES_MAX);
    this.#marks = toMarks(this.#entries);
    return this.#marks;
  }
}

function readEntries({ audit }: Store, from: Date): Promise<MarkEntry[]> {
  const cursor = audit.aggregate<MarkEntry>(
    [
      { $match: { _id: { $gte: lowestIdAt('aud', from) } } },
      { $sort: { _id: -1 } },
      { $limit: EXAMINED_MAX },
      { $match: { action: { $in: MARKED_ACTIONS }, outcome: 'done' } },
      { $limit: ENTRIES_MAX },
      { $project: { at: 1, action: 1, actor: 1, target: 1, requestId: 1, detail: 1 } },
    ],
    { hint: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return cursor.toArray();
}

function newestFirst(first: MarkEntry, second: MarkEntry): number {
  return first._id < second._id ? 1 : -1;
}
