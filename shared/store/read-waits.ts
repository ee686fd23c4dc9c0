import { withDeadline } from '../runtime/deadline.ts';
import type { WaitRecord } from './collections/waits.ts';
import type { Store } from './store.ts';

const COUNTED_MAX = 10_000;
/**
 * How many of the oldest waits are searched for the longest waiting checkout. Some of them belong
 * to queued checkouts.
 */
const EXAMINED_MAX = 10_000;

/** How many checkouts wait for units, and for how long. */
export interface WaitingForUnits {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /**
   * The longest time since acceptance, by the caller's clock; 0 if no checkout waits, or if none of
   * the 10,000 oldest does.
   */
  readonly longestMs: number;
}

/**
 * Counts the checkouts that wait for units, with an index that contains only these. Finds the
 * longest waiting checkout by id, because ids begin with the time of acceptance. Entries of draws
 * do not count.
 * @throws Error after at most `timeoutMs`
 */
export async function readWaits(
  { waits }: Store,
  now: Date,
  timeoutMs: number,
): Promise<WaitingForUnits> {
  const bounds = { maxTimeMS: timeoutMs };
  const reading = Promise.all([
    waits.countDocuments(
      { isWaiting: true },
      { ...bounds, hint: 'waiting_by_end', limit: COUNTED_MAX },
    ),
    waits
      .aggregate<Pick<WaitRecord, 'acceptedAt'>>(
        [
          { $sort: { _id: 1 } },
          { $limit: EXAMINED_MAX },
          { $match: { isWaiting: true } },
          { $limit: 1 },
          { $project: { acceptedAt: 1 } },
        ],
        { ...bounds, hint: { _id: 1 } },
      )
      .toArray(),
  ]);
  const [waiting, [longest]] = await withDeadline(
    'reading the waiting checkouts',
    timeoutMs,
    reading,
  );
  const longestMs = longest === undefined ? 0 : now.getTime() - longest.acceptedAt.getTime();
  return { waiting, longestMs: Math.max(0, longestMs) };
}
