import type { LRUCache } from 'lru-cache';
import { HEALTH_RULES } from '../../shared/domain/webhooks/endpoint-health.ts';
import { RETRY_DELAYS_MS } from '../../shared/domain/webhooks/retry-schedule.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { AttemptError } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import type { TargetRules } from '../../shared/webhooks/target-url.ts';

/** The most requests in flight to one endpoint. */
export const ENDPOINT_REQUESTS_MAX = 16;

/** The times of deliveries; tests use shorter times. */
export const DELIVERY_TIMES = {
  retryDelaysMs: RETRY_DELAYS_MS,
  health: HEALTH_RULES,
  /** One attempt, from resolving the name to the answer's headers; also the end of its body. */
  sendTimeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  /** Reading the answer's body, which is kept for the log only. */
  bodyTimeoutMs: 1_000,
  /** One run with an endpoint. The remaining deliveries wait behind other endpoints. */
  runMsMax: 10_000,
  /** The duration of a job's lock. A dead worker's job is taken over within 1.5 times this time. */
  lockMs: 8_000,
  /** Between searches for due deliveries while requests are in flight. */
  pollEveryMs: 500,
  /** Between sweeps for endpoints whose jobs Redis has lost. */
  sweepEveryMs: 2_000,
};

export type DeliveryTimes = Readonly<typeof DELIVERY_TIMES>;

/** Caches the addresses of host names, but neither failures nor empty answers. */
export type NameCache = LRUCache<string, readonly string[]>;

/** The dependencies of deliveries. */
export interface DeliveryContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretsKey: string;
  readonly rules: TargetRules;
  readonly names: NameCache;
  readonly times: DeliveryTimes;
  /** Absent unless traces are configured. */
  readonly tracing?: Tracing | undefined;
  /** Called after each attempt, except an attempt that the shutdown aborts. */
  readonly onAttempt?: (outcome: AttemptError | 'delivered', durationMs: number) => void;
}

/** Signals of the worker's shutdown. */
export interface Stopping {
  /** When it is aborted, no new attempt starts. */
  readonly ending: AbortSignal;
  /** When it is aborted, attempts in progress are aborted too. */
  readonly cutting: AbortSignal;
}
