const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Waits between the attempts of one delivery, in ms: the schedule that the Standard Webhooks
 * specification gives as its example. Ten attempts within 76 hours, well inside the week for which
 * deliveries are kept.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** A wait is longer by up to this share, so that what failed together is not tried together. */
const JITTER_SHARE = 0.1;
/** A receiver that asks for more patience than this is asked again all the same. */
const RETRY_AFTER_MS_MAX = 24 * HOUR_MS;
/** What is left of the time for which a delivery is kept when its last attempt is due. */
const SPARE_MS_MIN = 6 * HOUR_MS;

interface FailedAttempts {
  /** How many attempts have failed, at least one. */
  readonly failures: number;
  /** From 0 to 1, evenly spread. */
  readonly random: number;
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** For so long the delivery is kept. */
  readonly keptForMs: number;
}

/**
 * How long to wait before the next attempt, in ms; undefined when there is to be none. A receiver is
 * given the patience it asks for as long as there is time for all attempts that follow.
 */
export function nextDelayMs(
  delaysMs: readonly number[],
  { failures, random, retryAfterMs = 0, keptForMs }: FailedAttempts,
): number | undefined {
  const delay = delaysMs[failures - 1];
  if (delay === undefined) return undefined;
  const following = delaysMs.slice(failures).reduce((sum, later) => sum + later, 0);
  const spareMs = keptForMs - following * (1 + JITTER_SHARE) - SPARE_MS_MIN;
  const asked = Math.max(0, Math.min(retryAfterMs, RETRY_AFTER_MS_MAX, spareMs));
  return Math.round(Math.max(delay * (1 + JITTER_SHARE * random), asked));
}
