import { settleJobId } from '../../shared/contract/jobs.ts';
import { type CheckoutQueue, nameJobs, toJobs } from '../../shared/queue/checkout-queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';

export const RECOVER_EVERY_MS = 2_000;
/** The sweep examines checkouts that have been queued for longer than this. */
export const QUEUED_AGE_MS_MAX = 5_000;
const PAGE_MAX = 500;
const PAGES_MAX = 40;
const EARLIER_JOBS_KEPT_MAX = 19;

interface RecoveryOptions {
  readonly store: Store;
  readonly queue: CheckoutQueue;
  readonly clock: Clock;
}

type QueuedCheckout = Pick<CheckoutRecord, '_id' | 'acceptedAt' | 'wakeups'> & {
  readonly jobId: string;
  readonly productId: string;
  readonly lineCount: number;
};

/**
 * Adds jobs for checkouts that have been queued for long and have no live job: their job could not
 * be added, was lost with Redis, failed, or is in the queue of a partition that no longer exists.
 * Reads the oldest checkouts first, and stops at a page whose checkouts all have a job. Checkouts
 * of one page share jobs. Concurrent sweeps may add a checkout to two jobs, which changes no
 * outcome.
 * @returns how many checkouts got a job
 */
export async function recoverCheckouts(
  { store, queue, clock }: RecoveryOptions,
  signal: AbortSignal,
): Promise<number> {
  const acceptedBefore = new Date(clock.now().getTime() - QUEUED_AGE_MS_MAX);
  let added = 0;
  let last: QueuedCheckout | undefined;
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const queued = await readPage(store, acceptedBefore, last);
    if (queued.length === 0) break;
    // Reads all ids in one call. The lists are short, because a job has many checkouts, and reading
    // the state of one job would take Redis as long as reading the lists.
    const live = await queue.liveJobIds();
    const lost = queued.filter(({ jobId }) => !live.has(jobId));
    added += await addJobs(store, queue, lost);
    // If every checkout of a page has a job, there is a backlog: newer checkouts are left to later
    // sweeps.
    if (lost.length === 0 || queued.length < PAGE_MAX) break;
    last = queued.at(-1);
  }
  return added;
}

/**
 * Reads the oldest queued checkouts after `last`, by their acceptance and then by id, so that no
 * page repeats or skips a checkout.
 */
async function readPage(
  store: Store,
  acceptedBefore: Date,
  last: QueuedCheckout | undefined,
): Promise<QueuedCheckout[]> {
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
    .aggregate<QueuedCheckout>([
      { $match: { status: 'queued', acceptedAt: { ...since, $lt: acceptedBefore }, ...after } },
      { $sort: { acceptedAt: 1, _id: 1 } },
      { $limit: PAGE_MAX },
      {
        $project: {
          acceptedAt: 1,
          jobId: 1,
          wakeups: 1,
          productId: { $first: '$lines.productId' },
          lineCount: { $size: '$lines' },
        },
      },
    ])
    .toArray();
}

/**
 * Adds the jobs that lost checkouts share, and then records the jobs in the checkouts. Concurrent
 * sweeps add jobs with the same id, of which the queue keeps one. A job that was not recorded is
 * added again under the same id, which changes nothing.
 */
async function addJobs(
  store: Store,
  queue: CheckoutQueue,
  lost: readonly QueuedCheckout[],
): Promise<number> {
  if (lost.length === 0) return 0;
  const checkouts = lost.map((checkout) => ({ ...checkout, checkoutId: checkout._id }));
  const newJobIds = nameJobs(checkouts, queue.partitions, ({ checkoutId, wakeups }) =>
    settleJobId(checkoutId, wakeups + 1),
  );
  const named = lost.map((checkout, index) => ({
    ...checkout,
    newJobId: newJobIds[index] ?? checkout.jobId,
  }));
  const members = named.map(({ _id, productId, lineCount, newJobId }) => ({
    ...{ checkoutId: _id, productId, lines: lineCount, jobId: newJobId },
  }));
  await queue.enqueue(toJobs(members, { isRecovery: true }));
  const recorded = await store.checkouts.bulkWrite(
    named.map(({ _id, jobId, newJobId }) => ({
      updateOne: {
        filter: { _id, status: 'queued', jobId },
        update: {
          $set: { jobId: newJobId },
          $inc: { wakeups: 1 },
          $push: { earlierJobIds: { $each: [jobId], $slice: -EARLIER_JOBS_KEPT_MAX } },
        },
      },
    })),
    { ordered: false, writeConcern: { w: 1, j: false } },
  );
  return recorded.modifiedCount;
}
