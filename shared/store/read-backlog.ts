import { withDeadline } from '../runtime/deadline.ts';
import type { CheckoutRecord } from './collections/checkouts.ts';
import type { Store } from './store.ts';

const READ_TIMEOUT_MS = 2_500;

/** The checkouts that wait to be settled; `waiting` is counted up to `countedMax`. */
export interface QueuedCheckouts {
  readonly waiting: number;
  /**
   * The age of the oldest checkout that is not skipped, by the caller's clock; 0 if there is none.
   */
  readonly oldestMs: number;
  /** The first line of that checkout, as a list. */
  readonly oldestLines?: CheckoutRecord['lines'];
}

interface BacklogOptions {
  /** Counting stops here. */
  readonly countedMax: number;
  /** How many of the oldest checkouts `oldestMs` and `oldestLines` skip; 0 by default. */
  readonly skipped?: number;
}

/**
 * Reads the oldest queued checkouts, in the order of acceptance, each with its first line.
 * @throws Error after at most 2.5 s
 */
export async function readQueue(
  store: Store,
  readMax: number,
): Promise<Pick<CheckoutRecord, 'acceptedAt' | 'lines'>[]> {
  const reading = store.checkouts
    .find<Pick<CheckoutRecord, 'acceptedAt' | 'lines'>>(
      { status: 'queued' },
      {
        hint: 'queued_in_order',
        maxTimeMS: READ_TIMEOUT_MS,
        projection: { _id: 0, acceptedAt: 1, lines: { $slice: 1 } },
        sort: { acceptedAt: 1, _id: 1 },
        limit: readMax,
      },
    )
    .toArray();
  return withDeadline('reading the queue', READ_TIMEOUT_MS, reading);
}

/**
 * Counts the queued checkouts and finds the age of the oldest. Both queries use the index of queued
 * checkouts.
 * @throws Error after at most 2.5 s
 */
export async function readBacklog(
  store: Store,
  now: Date,
  { countedMax, skipped = 0 }: BacklogOptions,
): Promise<QueuedCheckouts> {
  const collection = store.checkouts;
  const queued = { status: 'queued' } as const;
  const bounds = { hint: 'queued_in_order', maxTimeMS: READ_TIMEOUT_MS };
  const reading = Promise.all([
    collection.countDocuments(queued, { ...bounds, limit: countedMax }),
    collection.findOne<Pick<CheckoutRecord, 'acceptedAt' | 'lines'>>(queued, {
      ...bounds,
      projection: { acceptedAt: 1, lines: { $slice: 1 } },
      sort: { acceptedAt: 1, _id: 1 },
      skip: skipped,
    }),
  ]);
  const [waiting, oldest] = await withDeadline('reading the backlog', READ_TIMEOUT_MS, reading);
  if (oldest === null) return { waiting, oldestMs: 0 };
  const oldestMs = Math.max(0, now.getTime() - oldest.acceptedAt.getTime());
  return { waiting, oldestMs, oldestLines: oldest.lines };
}
