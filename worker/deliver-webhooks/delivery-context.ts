import { HEALTH_RULES, type HealthRules } from '../../shared/domain/webhooks/endpoint-health.ts';
import { RETRY_DELAYS_MS } from '../../shared/domain/webhooks/retry-schedule.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { AttemptError } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import type { TargetRules } from '../../shared/webhooks/target-url.ts';
import type { NameResolver } from './send/resolve-target.ts';

/** Every wait of the delivery, so that tests need not wait for days. */
export interface DeliveryTimes {
  readonly retryDelaysMs: readonly number[];
  readonly health: HealthRules;
  /** For one attempt, from the resolver to the answer's headers. */
  readonly sendTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** For the answer's body, which nobody needs but the log. */
  readonly bodyTimeoutMs: number;
  /** How long a worker may go on with one endpoint while others wait. */
  readonly turnMsMax: number;
  /** After this a dead worker's endpoints are taken over. */
  readonly leaseMs: number;
  /** Between looks for endpoints that are due. */
  readonly pollEveryMs: number;
}

/** The times in force; tests use quicker ones. */
export const DELIVERY_TIMES: DeliveryTimes = {
  retryDelaysMs: RETRY_DELAYS_MS,
  health: HEALTH_RULES,
  sendTimeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  bodyTimeoutMs: 1_000,
  turnMsMax: 10_000,
  leaseMs: 8_000,
  pollEveryMs: 500,
};

/** What delivering works with. */
export interface DeliveryContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretsKey: string;
  readonly rules: TargetRules;
  readonly resolver: NameResolver;
  readonly times: DeliveryTimes;
  /** Told of each attempt. */
  readonly onAttempt?: (outcome: AttemptError | 'delivered', durationMs: number) => void;
}
