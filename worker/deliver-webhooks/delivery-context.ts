import { HEALTH_RULES, type HealthRules } from '../../shared/domain/webhooks/endpoint-health.ts';
import { RETRY_DELAYS_MS } from '../../shared/domain/webhooks/retry-schedule.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { AttemptError } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import type { TargetRules } from '../../shared/webhooks/target-url.ts';
import type { NameCache } from './send/resolve-target.ts';

/** Requests in flight to one endpoint. */
export const ENDPOINT_REQUESTS_MAX = 16;

/** Every wait of the delivery, so that tests need not wait for days. */
export interface DeliveryTimes {
  readonly retryDelaysMs: readonly number[];
  readonly health: HealthRules;
  /** One attempt, from resolving the name to the headers of the answer. */
  readonly sendTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** The answer's body, which is kept for the log only. */
  readonly bodyTimeoutMs: number;
  /** One run with an endpoint; what is left waits behind the other endpoints. */
  readonly runMsMax: number;
  /** A dead worker's job is taken over after this and half as much again. */
  readonly lockMs: number;
  /** Between looks for due deliveries while requests are in flight. */
  readonly pollEveryMs: number;
  /** Between sweeps for endpoints whose job Redis has lost. */
  readonly sweepEveryMs: number;
}

/** The times in force; tests use shorter ones. */
export const DELIVERY_TIMES: DeliveryTimes = {
  retryDelaysMs: RETRY_DELAYS_MS,
  health: HEALTH_RULES,
  sendTimeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  bodyTimeoutMs: 1_000,
  runMsMax: 10_000,
  lockMs: 8_000,
  pollEveryMs: 500,
  sweepEveryMs: 2_000,
};

/** What delivering needs. */
export interface DeliveryContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretsKey: string;
  readonly rules: TargetRules;
  readonly names: NameCache;
  readonly times: DeliveryTimes;
  /** Called after each attempt. */
  readonly onAttempt?: (outcome: AttemptError | 'delivered', durationMs: number) => void;
}
