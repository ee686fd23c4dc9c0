import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { lowestIdAt } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { StockRecord } from '../../../shared/store/collections/stock.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { AcceptedCount } from './event-tally.ts';
import type { HotVariant, PartitionFigures, StockFigures } from './figures.ts';

/** A read that takes longer is left out of the figures. */
export const READ_TIMEOUT_MS = 400;
/** How many of the latest checkouts are read. */
const LATEST_MAX = 200;
/** How many lines of each checkout are read. */
const LINES_MAX = 5;
/** Counting stops at this number, far above what one MongoDB can store in half a second. */
const COUNTED_MAX = 10_000;
const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** The fields of a checkout that show which variants it requests, and why it was rejected. */
export type LatestCheckout = Pick<CheckoutRecord, '_id' | 'lines' | 'rejection' | 'settledAt'>;

/** Reads the latest checkouts by their ids, newest first. */
export function readLatest({ checkouts }: Store): Promise<LatestCheckout[]> {
  const cursor = checkouts.find<LatestCheckout>(
    {},
    {
      projection: { lines: { $slice: LINES_MAX }, rejection: 1, settledAt: 1 },
      sort: { _id: -1 },
      limit: LATEST_MAX,
      maxTimeMS: READ_TIMEOUT_MS,
    },
  );
  return inTime('the latest checkouts', cursor.toArray());
}

/** Counts the checkouts whose ids were created at `from` or later and before `until`. */
export async function countAccepted(
  { checkouts }: Store,
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<AcceptedCount> {
  const range = { $gte: lowestIdAt('chk', from), $lt: lowestIdAt('chk', until) };
  // Only an early rejection is stored without a job.
  const isEarly = { $and: [{ $eq: ['$status', 'rejected'] }, { $not: ['$jobId'] }] };
  const counting = checkouts.aggregate<{ readonly _id: string | null; readonly count: number }>(
    [
      { $match: { _id: range } },
      { $limit: COUNTED_MAX },
      {
        $group: {
          _id: { $cond: [isEarly, '$rejection.code', null] },
          count: { $sum: 1 },
        },
      },
    ],
    { hint: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  const groups = await inTime('counting checkouts', counting.toArray());
  const early = groups.flatMap(({ _id, count }) => (_id === null ? [] : [[_id, count] as const]));
  const accepted = groups.reduce((sum, { count }) => sum + count, 0);
  return { accepted, rejectedEarly: Object.fromEntries(early) };
}

/** Reads the stock of these variants, in their order. */
export async function readStock(
  { stock }: Store,
  variants: readonly HotVariant[],
): Promise<StockFigures[]> {
  if (variants.length === 0) return [];
  type Level = Pick<StockRecord, '_id' | 'onHand' | 'reserved' | 'sold'>;
  const cursor = stock.find<Level>(
    { _id: { $in: variants.map(({ variantId }) => variantId) } },
    { projection: { onHand: 1, reserved: 1, sold: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  const levels = new Map(
    (await inTime('stock', cursor.toArray())).map(({ _id, ...level }) => [_id, level]),
  );
  return variants.flatMap((variant) => {
    const level = levels.get(variant.variantId);
    return level === undefined ? [] : [{ ...variant, ...level }];
  });
}

/** Reads the numbers of jobs of each partition, and whether it is paused. */
export function readPartitions({ bulls }: CheckoutQueue): Promise<PartitionFigures[]> {
  const reading = bulls.map(async (bull, partition) => {
    const [isPaused, counts] = await Promise.all([
      bull.isPaused(),
      bull.getJobCounts(...JOB_STATES),
    ]);
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { partition, isPaused, waiting, active, delayed, failed };
  });
  return inTime('the partitions', Promise.all(reading));
}

/** The result of a read and how long it took; both are null if it failed or took too long. */
export interface TimedRead<T> {
  readonly value: T | null;
  readonly ms: number | null;
}

/** Runs a read and measures how long it takes. */
export async function timeRead<T>(what: string, read: () => Promise<T>): Promise<TimedRead<T>> {
  const startedAt = performance.now();
  try {
    const value = await inTime(what, read());
    return { value, ms: performance.now() - startedAt };
  } catch {
    return { value: null, ms: null };
  }
}

/**
 * Returns the result of a read.
 * @throws Error if it takes longer than `READ_TIMEOUT_MS`
 */
export function inTime<T>(what: string, reading: Promise<T>): Promise<T> {
  return withDeadline(what, READ_TIMEOUT_MS, reading);
}
