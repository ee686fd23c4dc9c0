import type { Store } from '../../../../shared/store/store.ts';
import type { PartitionFigures, PauseFigures } from '../figures.ts';
import type { MarkEntry } from '../marks/marks.ts';
import { inTime, READ_TIMEOUT_MS } from '../read-record.ts';
import { BOARD_SWITCH, findSwitch, SETTLING_SWITCHES } from './find-switch.ts';

/**
 * During a pause the audit log is read again after this time: the entry may be written after the
 * pause, and further partitions may be paused.
 */
const READ_EVERY_MS = 2_000;
/** How many entries of all shops one read examines, newest first. */
const EXAMINED_MAX = 20_000;
/** How many matching entries one read returns. The newest entry of a paused partition counts. */
const ENTRIES_MAX = 50;

/** The queues of the partitions, in order. */
interface Partitions {
  readonly bulls: readonly { readonly name: string }[];
}

/** Finds out who paused settling, and when, from the audit log. Reads it only during a pause. */
export class PauseReader {
  readonly #store: Store;
  readonly #queue: Partitions;
  #triedAt = Number.NEGATIVE_INFINITY;
  #entries: readonly MarkEntry[] = [];

  constructor(store: Store, queue: Partitions) {
    this.#store = store;
    this.#queue = queue;
  }

  /** Returns the current pause; null if no partition is paused. */
  async read(partitions: readonly PartitionFigures[], now: Date): Promise<PauseFigures | null> {
    const paused = partitions.filter(({ isPaused }) => isPaused).map(({ partition }) => partition);
    if (paused.length === 0) {
      this.#triedAt = Number.NEGATIVE_INFINITY;
      this.#entries = [];
      return null;
    }
    if (now.getTime() - this.#triedAt >= READ_EVERY_MS) {
      this.#triedAt = now.getTime();
      const reading = inTime('who paused settling', readEntries(this.#store));
      this.#entries = await reading.catch(() => this.#entries);
    }
    const names = paused.map((partition) => this.#queue.bulls[partition]?.name ?? '');
    const lastSwitch = findSwitch(this.#entries, names);
    return {
      partitions: paused.length === partitions.length ? null : paused,
      // If the newest entry is a resumption, something else paused the partitions, for example a
      // program.
      ...(lastSwitch?.isPaused === true && { by: lastSwitch.by, since: lastSwitch.at }),
    };
  }
}

function readEntries({ audit }: Store): Promise<MarkEntry[]> {
  const cursor = audit.aggregate<MarkEntry>(
    [
      { $sort: { _id: -1 } },
      { $limit: EXAMINED_MAX },
      {
        $match: {
          outcome: 'done',
          $or: [
            { action: { $in: SETTLING_SWITCHES } },
            { action: 'ops.job_changed', target: BOARD_SWITCH },
          ],
        },
      },
      { $limit: ENTRIES_MAX },
      { $project: { at: 1, action: 1, actor: 1, target: 1 } },
    ],
    { hint: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return cursor.toArray();
}
