import { Queue } from 'bullmq';
import {
  SETTLE_CHECKOUT,
  type SettleCheckoutData,
  type SettleCheckoutResult,
  settleJobId,
} from '../contract/jobs.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

type SettleQueue = Queue<SettleCheckoutData, SettleCheckoutResult>;

/** The queue of checkouts to settle. Its jobs are hints: what they are about is in MongoDB. */
export interface CheckoutQueue {
  /**
   * Adds a job for each checkout.
   * @throws if Redis does not take them in time; the recovery sweep then adds them
   */
  enqueue(jobs: readonly SettleCheckoutData[]): Promise<void>;
  /** Returns which of these jobs wait or run. */
  liveJobs(jobs: readonly SettleCheckoutData[]): Promise<boolean[]>;
  /** Counts the jobs that wait or run. */
  depth(): Promise<number>;
  readonly bull: SettleQueue;
  close(): Promise<void>;
}

/** BullMQ keeps a queue's keys under `<prefix>:queue:<name>:`. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:queue`;
}

const LIVE_STATES = new Set(['waiting', 'active', 'delayed', 'prioritized']);

/** @param redis a connection of `connectFailingFast` if a request waits for the calls */
export function openCheckoutQueue(redis: RedisClient, keyPrefix: string): CheckoutQueue {
  const bull: SettleQueue = new Queue(SETTLE_CHECKOUT.queue, {
    connection: redis,
    prefix: queuePrefix(keyPrefix),
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts: SETTLE_CHECKOUT.attempts,
      backoff: { type: 'exponential', delay: SETTLE_CHECKOUT.backoffMs },
      removeOnComplete: { count: SETTLE_CHECKOUT.keepCompletedMax },
      removeOnFail: { count: SETTLE_CHECKOUT.keepFailedMax },
    },
  });
  // A failed call rejects for its caller; the event would only repeat it.
  bull.on('error', () => undefined);
  return {
    bull,
    enqueue: async (jobs) => {
      const adding = bull.addBulk(
        jobs.map((data) => ({
          name: SETTLE_CHECKOUT.name,
          data,
          opts: { jobId: settleJobId(data.checkoutId, data.wakeup) },
        })),
      );
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, adding);
    },
    liveJobs: async (jobs) => {
      const states = await Promise.all(
        jobs.map(({ checkoutId, wakeup }) => bull.getJobState(settleJobId(checkoutId, wakeup))),
      );
      return states.map((state) => LIVE_STATES.has(state));
    },
    depth: async () => bull.count(),
    close: () => bull.close(),
  };
}
