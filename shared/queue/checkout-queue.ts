import { type JobType, Queue } from 'bullmq';
import {
  type CheckoutToSettle,
  SETTLE_CHECKOUTS,
  type SettleCheckoutsData,
  type SettleCheckoutsJob,
  type SettleCheckoutsResult,
} from '../contract/jobs.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

type SettleQueue = Queue<SettleCheckoutsData, SettleCheckoutsResult>;

/** The queue of checkouts to settle. It holds nothing that MongoDB does not hold. */
export interface CheckoutQueue {
  /**
   * Adds jobs, each with the checkouts that were stored together.
   * @throws when Redis does not take them in time; the recovery sweep then adds others
   */
  enqueue(jobs: readonly SettleCheckoutsJob[]): Promise<void>;
  /** Returns the ids of all jobs that run or are going to run, as of one moment. */
  liveJobIds(): Promise<ReadonlySet<string>>;
  /** Returns the ids of jobs that some worker has taken and not reported yet. */
  activeJobIds(): Promise<readonly string[]>;
  /** Jobs that wait or run, for operators. */
  depth(): Promise<number>;
  readonly bull: SettleQueue;
  close(): Promise<void>;
}

/** BullMQ keeps a queue's keys under `<prefix>:queue:<name>:`. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:queue`;
}

/** @param redis a connection of `connectFailingFast` where callers wait for the queue */
export function openCheckoutQueue(redis: RedisClient, keyPrefix: string): CheckoutQueue {
  const bull: SettleQueue = new Queue(SETTLE_CHECKOUTS.queue, {
    connection: redis,
    prefix: queuePrefix(keyPrefix),
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts: SETTLE_CHECKOUTS.attempts,
      backoff: { type: 'exponential', delay: SETTLE_CHECKOUTS.backoffMs },
      removeOnComplete: { count: SETTLE_CHECKOUTS.keepCompletedMax },
      removeOnFail: { count: SETTLE_CHECKOUTS.keepFailedMax },
    },
  });
  // A failed call rejects for its caller; the event would only repeat it.
  bull.on('error', () => undefined);
  return {
    bull,
    enqueue: async (jobs) => {
      const adding = bull.addBulk(
        jobs.map(({ id, data }) => ({ name: SETTLE_CHECKOUTS.name, data, opts: { jobId: id } })),
      );
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, adding);
    },
    // One script reads all lists, so that a job that moves from one to another is not missed.
    liveJobIds: async () => new Set(await bull.getRanges(LIVE_STATES, 0, -1)),
    activeJobIds: () => bull.getRanges(['active'], 0, -1),
    depth: async () => bull.count(),
    close: () => bull.close(),
  };
}

const LIVE_STATES: JobType[] = ['waiting', 'active', 'delayed', 'prioritized'];

/** Groups checkouts by the job that each of them names, in their order. */
export function toJobs(
  checkouts: readonly (CheckoutToSettle & { readonly jobId: string })[],
  { isRecovery = false } = {},
): SettleCheckoutsJob[] {
  const jobs = new Map<string, CheckoutToSettle[]>();
  for (const { jobId, checkoutId, productId, lines } of checkouts) {
    const members = jobs.get(jobId) ?? [];
    members.push({ checkoutId, productId, lines });
    jobs.set(jobId, members);
  }
  return Array.from(jobs, ([id, members]) => ({
    id,
    data: { checkouts: members, ...(isRecovery && { isRecovery }) },
  }));
}
