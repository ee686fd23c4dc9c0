const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 5_000;
const STEADY_AFTER_MS = 30_000;
const FAILED_STARTS_MAX = 20;

/** What a process's earlier ends mean for its next start. */
export type Backoff = { waitMs: number; failedStarts: number };

/** How a process ended: after how long, and whether it had become ready. */
export type End = { livedMs: number; wasReady: boolean };

/** Nothing has ended yet. */
export const freshBackoff: Backoff = { waitMs: FIRST_WAIT_MS / 2, failedStarts: 0 };

/**
 * The wait before the next start: 100 ms, doubled to at most 5 s with every early end, short again
 * after 30 s of life. `undefined` = give up: 20 starts in a row did not become ready.
 */
export function afterEnd(before: Backoff, end: End): Backoff | undefined {
  const failedStarts = end.wasReady ? 0 : before.failedStarts + 1;
  if (failedStarts >= FAILED_STARTS_MAX) return undefined;
  const isSteady = end.wasReady && end.livedMs >= STEADY_AFTER_MS;
  const waitMs = isSteady ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, WAIT_MAX_MS);
  return { waitMs, failedStarts };
}
