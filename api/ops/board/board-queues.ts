import { type CheckoutQueue, openCheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { connectFailingFast } from '../../../shared/queue/connections.ts';
import { openWebhookQueue, type WebhookQueue } from '../../../shared/queue/webhook-queue.ts';

/**
 * Bounds a Redis call of the queue board. An operator would rather wait than see an error while
 * Redis or this process is busy; checkouts cannot wait this long.
 */
const BOARD_CALL_TIMEOUT_MS = 5_000;

/** The queues as the queue board uses them, over a connection of its own. */
export interface BoardQueues {
  readonly checkouts: CheckoutQueue;
  readonly webhooks: WebhookQueue;
  close(): Promise<void>;
}

interface BoardQueuesOptions {
  readonly redisUrl: string;
  readonly keyPrefix: string;
  readonly partitions: number;
}

/** Opens the queues of the queue board. */
export function openBoardQueues(
  { redisUrl: url, keyPrefix, partitions }: BoardQueuesOptions,
  onError: (error: Error) => void,
): BoardQueues {
  const redis = connectFailingFast({ url, onError }, BOARD_CALL_TIMEOUT_MS);
  const checkouts = openCheckoutQueue(redis, keyPrefix, partitions);
  const webhooks = openWebhookQueue(redis, keyPrefix);
  return {
    checkouts,
    webhooks,
    close: async () => {
      await Promise.all([checkouts.close(), webhooks.close()]).catch(() => undefined);
      redis.disconnect();
    },
  };
}
