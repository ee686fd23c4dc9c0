import type { RedisClient } from '../../shared/queue/connections.ts';
import { openWebhookQueue } from '../../shared/queue/webhook-queue.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { DELIVERY_TIMES, type DeliveryContext, type DeliveryTimes } from './delivery-context.ts';
import { FAN_OUT_EVERY_MS, fanOut } from './fan-out.ts';
import { cacheNames, dnsResolver, type NameResolver } from './send/resolve-target.ts';
import { startWebhookWorker } from './webhook-worker.ts';

/** What tests may replace. */
export interface WebhookOverrides {
  readonly times?: Partial<DeliveryTimes>;
  readonly resolver?: NameResolver;
}

type WebhookOptions = Pick<DeliveryContext, 'store' | 'clock' | 'log' | 'rules' | 'onAttempt'> & {
  readonly secretsKey: string | undefined;
  /** A connection of `connectFailingFast`, to add jobs, and one of `connectPatiently`, to take them. */
  readonly producer: RedisClient;
  readonly consumer: RedisClient;
  readonly keyPrefix: string;
};

/**
 * Records which events go to which webhooks, and sends them. Without the key that signs deliveries
 * it only records them, for a worker that has the key.
 */
export function startWebhooks(
  { secretsKey, producer, consumer, keyPrefix, ...given }: WebhookOptions,
  onError: (error: unknown) => void,
  { times, resolver = dnsResolver }: WebhookOverrides = {},
): { stop(): Promise<void> } {
  const queue = openWebhookQueue(producer, keyPrefix);
  if (secretsKey === undefined) {
    given.log.warn('SECRETS_KEY is not set: this worker sends no webhooks');
  }
  const worker =
    secretsKey &&
    startWebhookWorker(
      { ...given, secretsKey, names: cacheNames(resolver), times: { ...DELIVERY_TIMES, ...times } },
      { redis: consumer, keyPrefix, queue, onError },
    );
  const fanning = startPeriodic({
    everyMs: FAN_OUT_EVERY_MS,
    onError,
    run: async (signal) => {
      await fanOut({ ...given, queue }, signal);
    },
  });
  return {
    stop: async () => {
      await Promise.all([fanning.stop(), worker ? worker.stop() : undefined]);
      await queue.close().catch(() => undefined);
    },
  };
}
