import { onTestFinished } from 'vitest';
import { newSecretsKey } from '../../../shared/access/system-secrets.ts';
import { parseAddressRange } from '../../../shared/runtime/address-ranges.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import { createLogger } from '../../../shared/runtime/logger.ts';
import type { Store } from '../../../shared/store/store.ts';
import { startReceiver, type WebhookReceiver } from '../../../shared/testing/webhook-receiver.ts';
import type { TargetRules } from '../../../shared/webhooks/target-url.ts';
import { type Deliverer, startDeliverer } from '../deliverer.ts';
import { DELIVERY_TIMES, type DeliveryContext, type DeliveryTimes } from '../delivery-context.ts';

const loopback = ['127.0.0.0/8', '::1/128'].map(parseAddressRange);

/** Lets tests deliver to servers of their own. */
export const LOOPBACK_ALLOWED: TargetRules = {
  allowedRanges: loopback.filter((range) => range !== undefined),
  isHttpAllowed: true,
};

/** Waits a hundred times shorter than the real ones. */
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
  leaseMs: 1_000,
  pollEveryMs: 25,
};

/** What delivering needs, on quick times. */
export function givenDeliveryContext(
  store: Store,
  overrides: Partial<DeliveryContext> = {},
): DeliveryContext {
  return {
    store,
    clock: systemClock,
    log: createLogger('test', 'silent'),
    secretsKey: newSecretsKey(),
    rules: LOOPBACK_ALLOWED,
    resolver: async () => [],
    times: QUICK_TIMES,
    ...overrides,
  };
}

/** Starts a deliverer that the test need not stop. */
export function givenDeliverer(
  context: DeliveryContext,
): Deliverer & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const deliverer = startDeliverer(context, (error) => errors.push(error));
  onTestFinished(() => deliverer.stop());
  return { ...deliverer, errors };
}

/** Starts a receiver that the test need not shut. */
export async function givenReceiver(): Promise<WebhookReceiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.shut());
  return receiver;
}
