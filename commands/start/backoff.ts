const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 5_000;
const STEADY_AFTER_MS = 30_000;
const FAILED_STARTS_MAX = 20;

/** The restart state of a process, from its earlier ends. */
export type Backoff = { waitMs: number; failedStarts: number };

/** How long a process ran, and whether it became ready. */
export type End = { livedMs: number; wasReady: boolean };

/** The state before the first end. */
export const freshBackoff: Backoff = { waitMs: FIRST_WAIT_MS / 2, failedStarts: 0 };

/**
 * Returns the wait before the next start: 100 ms, doubled with every early end to at most 5 s, and
 * reset after a run of 30 s. Returns undefined after 20 starts in a row that did not become ready.
 */
export function afterEnd(before: Backoff, end: End): Backoff | undefined {
  const failedStarts = end.wasReady ? 0 : before.failedStarts + 1;
  if (failedStarts >= FAILED_STARTS_MAX) return undefined;
  const isSteady = end.wasReady && end.livedMs >= STEADY_AFTER_MS;
  const waitMs = isSteady ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, WAIT_MAX_MS);
  return { waitMs, failedStarts };
}
