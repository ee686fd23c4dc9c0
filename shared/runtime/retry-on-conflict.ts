import { pause } from './deadline.ts';

interface RetryOptions {
  readonly triesMax: number;
  /** No try begins later than this after the call; without a limit by default. */
  readonly timeoutMs?: number;
  /**
   * Pauses between tries are random; their maximum grows by 2 ms with each try, up to this. 0 by
   * default.
   */
  readonly pauseMsMax?: number;
}

/**
 * Repeats an optimistic write, which reads, decides, and writes on condition that nothing has
 * changed since the read.
 * @param write returns undefined if something has changed
 * @returns undefined if the tries or the time are used up
 */
export async function retryOnConflict<T>(
  { triesMax, timeoutMs = Number.POSITIVE_INFINITY, pauseMsMax = 0 }: RetryOptions,
  write: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const giveUpAt = performance.now() + timeoutMs;
  for (let tries = 1; tries <= triesMax && performance.now() < giveUpAt; tries += 1) {
    const written = await write();
    if (written !== undefined) return written;
    await pause(Math.random() * Math.min(pauseMsMax, tries * 2));
  }
  return undefined;
}
