import { pause } from './deadline.ts';

/** Which errors are retried, how often, and how long the pauses are. */
export interface RetryOptions {
  /** Returns whether a retry can succeed after this error. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Without a limit by default. */
  readonly triesMax?: number;
  /**
   * An error this long after the first try began, or later, is not retried; no limit by default.
   */
  readonly timeoutMs?: number;
  /**
   * The first pause; each further pause is twice as long, up to `pauseMsMax`. Each is then
   * multiplied by a random factor from 0.5 to 1.5.
   */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

/**
 * Runs `work` until it succeeds. Pauses grow exponentially and are random, so that writers that
 * conflicted do not conflict again.
 * @throws the last error when the bounds are reached, or the first that is not retryable
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isRetryable, triesMax = Number.POSITIVE_INFINITY, pauseMsMin, pauseMsMax } = options;
  const giveUpAt = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || tries >= triesMax || performance.now() >= giveUpAt) throw error;
    }
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (tries - 1));
    await pause(pauseMs * (0.5 + Math.random()));
  }
}
