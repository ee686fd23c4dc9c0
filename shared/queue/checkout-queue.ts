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

/** Wakes the workers up. It holds nothing that MongoDB does not know better. */
export interface CheckoutQueue {
  /**
   * Adds a job for each checkout.
   * @throws when Redis does not take them in time; the recovery sweep then adds them
   */
  enqueue(wakeups: readonly SettleCheckoutData[]): Promise<void>;
  /** Which of these jobs are still going to run or are running. */
  liveJobs(wakeups: readonly SettleCheckoutData[]): Promise<boolean[]>;
  /** Jobs that wait or run, for shedding load and for the operators' eyes. */
  depth(): Promise<number>;
  readonly bull: SettleQueue;
  close(): Promise<void>;
}

/** BullMQ keeps a queue's keys under `<prefix>:queue:<name>:`. */
export function queuePrefix(keyPrefix: string): string {
  return `${keyPrefix}:queue`;
}

const LIVE_STATES = new Set(['waiting', 'active', 'delayed', 'prioritized']);

/** @param redis a connection of `connectFailingFast` where somebody waits for the calls */
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
  // Failed calls reach their callers; the event would only repeat them.
  bull.on('error', () => undefined);
  return {
    bull,
    enqueue: async (wakeups) => {
      const jobs = wakeups.map((data) => ({
        name: SETTLE_CHECKOUT.name,
        data,
        opts: { jobId: settleJobId(data.checkoutId, data.wakeup) },
      }));
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, bull.addBulk(jobs));
    },
    liveJobs: async (wakeups) => {
      const states = await Promise.all(
        wakeups.map(({ checkoutId, wakeup }) => bull.getJobState(settleJobId(checkoutId, wakeup))),
      );
      return states.map((state) => LIVE_STATES.has(state));
    },
    depth: async () => bull.count(),
    close: () => bull.close(),
  };
}
