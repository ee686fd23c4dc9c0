import { Queue } from 'bullmq';
import {
  DELIVER_WEBHOOKS,
  type DeliverWebhooksData,
  type DeliverWebhooksResult,
} from '../contract/jobs.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { type QueuePlace, queuePrefix } from './checkout-queue.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

/** The queue that decides when a worker delivers to an endpoint. The deliveries are in MongoDB. */
export interface WebhookQueue {
  /**
   * Adds a job for each webhook, due after `delayMs`, by default at once. If the webhook has a job
   * already, a waiting job is kept, a delayed job is rescheduled, and an active job is followed by
   * the new one.
   * @throws if Redis does not accept the jobs in time; the sweep then adds them
   */
  enqueue(webhookIds: readonly string[], delayMs?: number): Promise<void>;
  readonly bull: Queue<DeliverWebhooksData, DeliverWebhooksResult>;
  close(): Promise<void>;
}

/** Returns where the queue of webhook deliveries is. */
export function toWebhookPlace(
  { isCluster }: Pick<RedisClient, 'isCluster'>,
  keyPrefix: string,
): QueuePlace {
  const { queue: name } = DELIVER_WEBHOOKS;
  return { name, prefix: queuePrefix(keyPrefix, isCluster ? name : undefined) };
}

/**
 * Opens the queue of webhook deliveries.
 * @param redis a connection of `connectFailingFast`
 */
export function openWebhookQueue(redis: RedisClient, keyPrefix: string): WebhookQueue {
  const { name, prefix } = toWebhookPlace(redis, keyPrefix);
  const bull = new Queue<DeliverWebhooksData, DeliverWebhooksResult>(name, {
    connection: redis,
    prefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      removeOnComplete: { count: DELIVER_WEBHOOKS.keepCompletedMax },
      removeOnFail: { count: DELIVER_WEBHOOKS.keepFailedMax },
    },
  });
  // A failed call rejects for its caller; the event would only repeat the error.
  bull.on('error', () => undefined);
  return {
    bull,
    enqueue: async (webhookIds, delayMs = 0) => {
      if (webhookIds.length === 0) return;
      const jobs = webhookIds.map((webhookId) => ({
        name: DELIVER_WEBHOOKS.name,
        data: { webhookId },
        opts: {
          delay: delayMs,
          deduplication: { id: webhookId, keepLastIfActive: true, reschedule: true },
        },
      }));
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, bull.addBulk(jobs));
    },
    close: () => bull.close(),
  };
}
