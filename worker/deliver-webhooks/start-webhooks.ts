import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { type Deliverer, startDeliverer } from './deliverer.ts';
import { DELIVERY_TIMES, type DeliveryContext, type DeliveryTimes } from './delivery-context.ts';
import { FAN_OUT_EVERY_MS, fanOut } from './fan-out.ts';
import { dnsResolver } from './send/resolve-target.ts';

/** What of a delivery's surroundings a test may replace. */
export interface WebhookOverrides {
  readonly times?: Partial<DeliveryTimes>;
  readonly resolver?: DeliveryContext['resolver'];
}

type Given = Pick<DeliveryContext, 'store' | 'clock' | 'log' | 'rules' | 'onAttempt'> & {
  readonly secretsKey: string | undefined;
};

/**
 * Puts deliveries on record and sends them. Without the key that they are signed with they are put
 * on record only, for a worker that has it.
 */
export function startWebhooks(
  { secretsKey, ...given }: Given,
  onError: (error: unknown) => void,
  { times, resolver = dnsResolver }: WebhookOverrides = {},
): { stop(): Promise<void> } {
  const deliverer = startIfSigning(secretsKey, given, onError, {
    times: { ...DELIVERY_TIMES, ...times },
    resolver,
  });
  const fanning: Periodic = startPeriodic({
    everyMs: FAN_OUT_EVERY_MS,
    onError,
    run: async (signal) => {
      if ((await fanOut(given, signal)) > 0) deliverer?.hurry();
    },
  });
  return {
    stop: async () => {
      await Promise.all([fanning.stop(), deliverer?.stop()]);
    },
  };
}

function startIfSigning(
  secretsKey: string | undefined,
  given: Omit<Given, 'secretsKey'>,
  onError: (error: unknown) => void,
  replaced: Pick<DeliveryContext, 'times' | 'resolver'>,
): Deliverer | undefined {
  if (secretsKey === undefined) {
    given.log.warn('SECRETS_KEY is not set: this worker sends no webhooks');
    return undefined;
  }
  return startDeliverer({ ...given, ...replaced, secretsKey }, onError);
}
