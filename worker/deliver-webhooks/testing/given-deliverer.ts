import { onTestFinished } from 'vitest';
import { newSecretsKey } from '../../../shared/access/system-secrets.ts';
import { connectPatiently } from '../../../shared/queue/connections.ts';
import { openWebhookQueue } from '../../../shared/queue/webhook-queue.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import { parseAddressRange } from '../../../shared/runtime/ip-address.ts';
import { createLogger } from '../../../shared/runtime/logger.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { TestNamespace } from '../../../shared/testing/harness.ts';
import { startReceiver, type WebhookReceiver } from '../../../shared/testing/webhook-receiver.ts';
import type { TargetRules } from '../../../shared/webhooks/target-url.ts';
import { DELIVERY_TIMES, type DeliveryContext, type DeliveryTimes } from '../delivery-context.ts';
import { cacheNames, type NameResolver } from '../send-delivery.ts';
import { startDelivering } from '../start-webhooks.ts';

const loopback = ['127.0.0.0/8', '::1/128'].map(parseAddressRange);

/** Allows tests to deliver to loopback. */
export const LOOPBACK_ALLOWED: TargetRules = {
  allowedRanges: loopback.filter((range) => range !== undefined),
  isHttpAllowed: true,
};

/** Times that are much shorter than in production, so that tests do not wait. */
export const QUICK_TIMES: DeliveryTimes = {
  ...DELIVERY_TIMES,
  retryDelaysMs: [50, 100, 100, 200, 200, 200, 400, 400, 400],
  health: {
    ...DELIVERY_TIMES.health,
    pauseMsMin: 50,
    pauseMsMax: 200,
    recoveredAfterMs: 600,
  },
  sendTimeoutMs: 1_000,
  connectTimeoutMs: 500,
  bodyTimeoutMs: 200,
  pollEveryMs: 25,
  sweepEveryMs: 25,
};

type ContextOverrides = Partial<DeliveryContext> & { readonly resolver?: NameResolver };

/** Creates a delivery context with short times. */
export function givenDeliveryContext(
  store: Store,
  { resolver = async () => [], ...overrides }: ContextOverrides = {},
): DeliveryContext {
  return {
    store,
    clock: systemClock,
    log: createLogger('test', 'silent'),
    secretsKey: newSecretsKey(),
    rules: LOOPBACK_ALLOWED,
    names: cacheNames(resolver),
    times: QUICK_TIMES,
    ...overrides,
  };
}

interface GivenDeliverer {
  /** The errors of jobs and sweeps. */
  readonly errors: unknown[];
  stop(): Promise<void>;
}

/** Starts a worker of the `webhooks` queue, and stops it after the test. */
export function givenDeliverer(
  context: DeliveryContext,
  { redisUrl: url, keyPrefix }: TestNamespace,
): GivenDeliverer {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const producer = connectPatiently({ url, onError: () => undefined });
  const redis = connectPatiently({ url, onError: () => undefined });
  const queue = openWebhookQueue(producer, keyPrefix);
  const worker = startDelivering(context, queue, { consumer: redis, keyPrefix, onError });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await worker.stop();
    await queue.close().catch(() => undefined);
    producer.disconnect();
    redis.disconnect();
  };
  const stopOnce = () => {
    stopped ??= stop();
    return stopped;
  };
  onTestFinished(stopOnce);
  return { errors, stop: stopOnce };
}

/** Starts a receiver, and stops it after the test. */
export async function givenReceiver(): Promise<WebhookReceiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.shut());
  return receiver;
}
