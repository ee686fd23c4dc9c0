const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Delays between the attempts of one delivery, in ms: the example schedule of the Standard Webhooks
 * specification. Without jitter it makes ten attempts within 76 hours; deliveries are kept for a
 * week.
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

/** Delays grow by up to this share, so that deliveries which failed together retry separately. */
const JITTER_SHARE = 0.1;
/** The longest `Retry-After` that is respected. */
const RETRY_AFTER_MS_MAX = 24 * HOUR_MS;
/** A delivery's lifetime ends at least this long after its last attempt is due. */
const SPARE_MS_MIN = 6 * HOUR_MS;

interface FailedAttempts {
  /** The number of failed attempts, at least 1. */
  readonly failures: number;
  /** From 0 to 1, evenly distributed. */
  readonly random: number;
  /** The `Retry-After` of the receiver, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** How long the delivery is still kept. */
  readonly keptForMs: number;
}

/**
 * Returns the delay until the next attempt, in ms; undefined if there is no further attempt.
 * A `Retry-After` that would leave too little time for the attempts after the next is shortened.
 */
export function nextDelayMs(
  delaysMs: readonly number[],
  { failures, random, retryAfterMs = 0, keptForMs }: FailedAttempts,
): number | undefined {
  const delay = delaysMs[failures - 1];
  if (delay === undefined) return undefined;
  const following = delaysMs.slice(failures).reduce((sum, later) => sum + later, 0);
  const spareMs = keptForMs - following * (1 + JITTER_SHARE) - SPARE_MS_MIN;
  const respectedMs = Math.max(0, Math.min(retryAfterMs, RETRY_AFTER_MS_MAX, spareMs));
  return Math.round(Math.max(delay * (1 + JITTER_SHARE * random), respectedMs));
}
