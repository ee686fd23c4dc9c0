/** Requests under way to one endpoint: with so many it begins, and fewer are never its limit. */
export const LANES_MIN = 8;
/** More than this no endpoint is sent at once. */
export const LANES_MAX = 64;
/** An answer is slow that took so many times as long as the fastest of the turn … */
const SLOW_RATIO = 2;
/** … and so much more, in ms, for what varies by itself. */
const SLOW_SLACK_MS = 100;
const BACKOFF_RATIO = 0.5;

/** How many requests may be under way to an endpoint, and what that is judged by. */
export interface LaneLimit {
  readonly lanes: number;
  /** The fastest answer so far, in ms: what it takes when nothing queues at the receiver. */
  readonly fastestMs: number;
  /** When the limit was lowered last, in ms. */
  readonly loweredAtMs: number;
}

/** One attempt, with the number of requests that were under way when it ended. */
export interface LaneSample {
  readonly isSuccess: boolean;
  readonly beganAtMs: number;
  readonly durationMs: number;
  readonly underWay: number;
}

export const FIRST_LIMIT: LaneLimit = {
  lanes: LANES_MIN,
  fastestMs: Number.POSITIVE_INFINITY,
  loweredAtMs: Number.NEGATIVE_INFINITY,
};

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989, as in TCP: RFC 5681), by one for
 * each good answer as AIMDLimit of Netflix's concurrency-limits does it: a limit of which less than
 * half is used is not raised. A failure halves it, and so does an answer that is slow against the
 * fastest one, which shows that requests queue at the receiver (TCP Vegas: Brakmo and Peterson
 * 1995). One wave halves it once: what began before the limit was lowered was sent under the old one.
 */
export function adaptLanes(
  before: LaneLimit,
  { isSuccess, beganAtMs, durationMs, underWay }: LaneSample,
): LaneLimit {
  const fastestMs = isSuccess ? Math.min(before.fastestMs, durationMs) : before.fastestMs;
  const { lanes, loweredAtMs } = before;
  const isGood = isSuccess && durationMs <= fastestMs * SLOW_RATIO + SLOW_SLACK_MS;
  if (isGood) {
    const isUsed = underWay * 2 >= lanes;
    return { fastestMs, loweredAtMs, lanes: isUsed ? Math.min(lanes + 1, LANES_MAX) : lanes };
  }
  if (beganAtMs <= loweredAtMs) return { lanes, fastestMs, loweredAtMs };
  const lowered = Math.max(Math.floor(lanes * BACKOFF_RATIO), LANES_MIN);
  return { lanes: lowered, fastestMs, loweredAtMs: beganAtMs + durationMs };
}
