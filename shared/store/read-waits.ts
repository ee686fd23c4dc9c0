import { withDeadline } from '../runtime/deadline.ts';
import type { WaitRecord } from './collections/waits.ts';
import type { Store } from './store.ts';

const COUNTED_MAX = 10_000;
/** Waits that are examined, the oldest first; the others are those of queued checkouts. */
const EXAMINED_MAX = 10_000;

/** The checkouts that wait for units to come back. */
export interface WaitingForUnits {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** How long the longest waiting has waited, by the caller's clock; 0 without any. */
  readonly longestMs: number;
}

/**
 * Counts the checkouts that wait for units, by an index that has only them. The age of the longest
 * waiting is found by id, because ids begin with the time of acceptance. Entries of draws are not
 * among them.
 * @throws Error after `timeoutMs` at most
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
  const [waiting, [longest]] = await withDeadline('the waiting checkouts', timeoutMs, reading);
  const longestMs = longest === undefined ? 0 : now.getTime() - longest.acceptedAt.getTime();
  return { waiting, longestMs: Math.max(0, longestMs) };
}
