/** The recent failures of an endpoint. */
export interface EndpointHealth {
  /**
   * Failed attempts in a row. Attempts that were under way when a pause began are not counted, so
   * that each failure beyond `failuresMax` followed a pause.
   */
  readonly failures: number;
  /** When the first of these attempts failed. */
  readonly failingSince?: Date | undefined;
}

/** When an endpoint gets a pause, and when it is disabled. */
export interface HealthRules {
  /** The number of failures in a row that leads to a pause. */
  readonly failuresMax: number;
  /** The first pause; each further pause without a success is twice as long. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** The longest `Retry-After` of an endpoint that is respected. */
  readonly askedMsMax: number;
  /** An endpoint that failed for this long, and at least `failuresMax` times, is disabled. */
  readonly disableAfterMs: number;
  /**
   * After at least `failuresMax` failures over this long, the first success makes all waiting
   * deliveries due.
   */
  readonly recoveredAfterMs: number;
}

const HOUR_MS = 3_600_000;

/** The default rules; tests use shorter times. */
export const HEALTH_RULES: HealthRules = {
  failuresMax: 5,
  pauseMsMin: 5_000,
  pauseMsMax: 300_000,
  askedMsMax: HOUR_MS,
  disableAfterMs: 5 * 24 * HOUR_MS,
  recoveredAfterMs: 60_000,
};

/** How an attempt ended. */
export interface AttemptOutcome {
  readonly isSuccess: boolean;
  /** The `Retry-After` of the endpoint, in ms. */
  readonly askedMs?: number | undefined;
}

/** The judgement of an endpoint after one more attempt. */
export interface HealthJudgement {
  readonly health: EndpointHealth;
  /** The pause until the next attempt; 0 for none. */
  readonly pauseMs: number;
  readonly isDisabled: boolean;
  /** Whether the endpoint has succeeded after an outage. */
  readonly isRecovered: boolean;
}

const HEALTHY: EndpointHealth = { failures: 0 };

/** Returns whether an endpoint gets only one request at a time, because of its failures. */
export function isSuspect({ failures }: EndpointHealth, rules: HealthRules): boolean {
  return failures >= rules.failuresMax;
}

/** Judges an endpoint after one more attempt. */
export function judgeEndpoint(
  before: EndpointHealth,
  { isSuccess, askedMs = 0 }: AttemptOutcome,
  now: Date,
  rules: HealthRules,
): HealthJudgement {
  const failedForMs = now.getTime() - (before.failingSince ?? now).getTime();
  if (isSuccess) {
    const isRecovered = isSuspect(before, rules) && failedForMs >= rules.recoveredAfterMs;
    return { health: HEALTHY, pauseMs: 0, isDisabled: false, isRecovered };
  }
  const health = { failures: before.failures + 1, failingSince: before.failingSince ?? now };
  const beyond = health.failures - rules.failuresMax;
  const ownMs = beyond < 0 ? 0 : Math.min(rules.pauseMsMin * 2 ** beyond, rules.pauseMsMax);
  const pauseMs = Math.max(ownMs, Math.min(askedMs, rules.askedMsMax));
  const isDisabled = beyond >= 0 && failedForMs >= rules.disableAfterMs;
  return { health, pauseMs, isDisabled, isRecovered: false };
}
