/** How an endpoint has been answering. */
export interface EndpointHealth {
  /**
   * Attempts in a row that failed. Those that were under way when it was decided to leave the
   * endpoint alone say nothing new and are not counted, so that each one beyond `failuresMax` stands
   * for a pause that did not help.
   */
  readonly failures: number;
  /** When the first of them did. */
  readonly failingSince?: Date | undefined;
}

/** When an endpoint is left alone, and when it is given up. */
export interface HealthRules {
  /** So many failures in a row, and the endpoint is left alone for a while. */
  readonly failuresMax: number;
  /** The first such while; each that follows without a success between is twice as long. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** One that asks to be left alone is left alone for so long at most. */
  readonly askedMsMax: number;
  /** After failing for so long, and at least `failuresMax` times, it is disabled. */
  readonly disableAfterMs: number;
  /** After failing for so long, what waits for its next attempt is tried as soon as one succeeds. */
  readonly recoveredAfterMs: number;
}

const HOUR_MS = 3_600_000;

/** The rules in force; tests use quicker ones. */
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
  /** For how long the endpoint has asked to be left alone. */
  readonly askedMs?: number | undefined;
}

/** What follows for the endpoint from one more attempt. */
export interface HealthJudgement {
  readonly health: EndpointHealth;
  /** Leave the endpoint alone for so long; 0 to go on. */
  readonly pauseMs: number;
  readonly isDisabled: boolean;
  /** It answers again after a time in which it did not. */
  readonly isRecovered: boolean;
}

const HEALTHY: EndpointHealth = { failures: 0 };

/** Whether only one request at a time is risked on it. */
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
