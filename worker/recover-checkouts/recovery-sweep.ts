import type { SettleCheckoutData } from '../../shared/contract/jobs.ts';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';

export const RECOVER_EVERY_MS = 2_000;
/** The sweep looks at checkouts that have been queued for longer than this. */
export const QUEUED_AGE_MS_MAX = 5_000;
const PAGE_MAX = 500;
const PAGES_MAX = 40;

interface RecoveryOptions {
  readonly store: Store;
  readonly queue: CheckoutQueue;
  readonly clock: Clock;
}

type Waiting = Pick<CheckoutRecord, '_id' | 'acceptedAt' | 'wakeups'> & { lineCount: number };

/**
 * Adds a job for every checkout that has been queued for long and has no live job: its job was
 * never added, was lost with Redis, or failed. The job gets a new id, because BullMQ ignores the id
 * of a job that it keeps.
 * @returns how many jobs were added
 */
export async function recoverCheckouts(
  { store, queue, clock }: RecoveryOptions,
  signal: AbortSignal,
): Promise<number> {
  const acceptedBefore = new Date(clock.now().getTime() - QUEUED_AGE_MS_MAX);
  let added = 0;
  let last: Waiting | undefined;
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const waiting = await readPage(store, acceptedBefore, last);
    const enqueued = await enqueueLost(store, queue, waiting);
    added += enqueued;
    // If all of the oldest have a job, this is a backlog and not a loss: further pages have one
    // too.
    if (enqueued === 0) break;
    last = waiting.at(-1);
    if (waiting.length < PAGE_MAX) break;
  }
  return added;
}

/**
 * Reads the oldest after `last`, by acceptance and then by id, so that no page repeats or skips
 * one.
 */
async function readPage(
  store: Store,
  acceptedBefore: Date,
  last: Waiting | undefined,
): Promise<Waiting[]> {
  const since = last === undefined ? {} : { $gte: last.acceptedAt };
  const after =
    last === undefined
      ? {}
      : {
          $or: [
            { acceptedAt: { $gt: last.acceptedAt } },
            { acceptedAt: last.acceptedAt, _id: { $gt: last._id } },
          ],
        };
  return store.checkouts
    .aggregate<Waiting>([
      { $match: { status: 'queued', acceptedAt: { ...since, $lt: acceptedBefore }, ...after } },
      { $sort: { acceptedAt: 1, _id: 1 } },
      { $limit: PAGE_MAX },
      { $project: { acceptedAt: 1, wakeups: 1, lineCount: { $size: '$lines' } } },
    ])
    .toArray();
}

async function enqueueLost(
  store: Store,
  queue: CheckoutQueue,
  waiting: readonly Waiting[],
): Promise<number> {
  if (waiting.length === 0) return 0;
  const isLive = await queue.liveJobs(waiting.map((each) => toJob(each, each.wakeups)));
  const lost = waiting.filter((_, index) => isLive[index] === false);
  if (lost.length === 0) return 0;
  // Sweeps that run at once add the same ids, and the queue keeps one of each. The count follows
  // the job: if it came first and the job were never added, another sweep would skip a number.
  await queue.enqueue(lost.map((each) => toJob(each, each.wakeups + 1)));
  const counted = await store.checkouts.bulkWrite(
    lost.map(({ _id, wakeups }) => ({
      updateOne: { filter: { _id, status: 'queued', wakeups }, update: { $inc: { wakeups: 1 } } },
    })),
    { ordered: false, writeConcern: { w: 1, j: false } },
  );
  return counted.modifiedCount;
}

function toJob({ _id, lineCount }: Waiting, wakeup: number): SettleCheckoutData {
  return { checkoutId: _id, wakeup, lines: lineCount };
}
