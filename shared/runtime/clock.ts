/** The source of the current time; tests use a manual clock. */
export interface Clock {
  now(): Date;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** A source of ages, in milliseconds; the `perf` of lru-cache. */
export interface Timer {
  now(): number;
}

const DAY_MS = 86_400_000;

/**
 * Creates a timer that runs with a clock, but never goes back. When the clock is set back, a day
 * has passed on the timer, so that whatever was cached before is stale, and not fresh for longer.
 */
export function createTimer(clock: Clock): Timer {
  let lastAt = clock.now().getTime();
  // From 1, because lru-cache takes 0 as no time.
  let passedMs = 1;
  return {
    now: () => {
      const at = clock.now().getTime();
      passedMs += at >= lastAt ? at - lastAt : DAY_MS;
      lastAt = at;
      return passedMs;
    },
  };
}
