import type { Clock } from '../runtime/clock.ts';

/** A clock that moves only on demand. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Creates a clock that shows `start` until it is advanced. */
export function manualClock(start: Date = new Date()): ManualClock {
  let epochMs = start.getTime();
  return {
    now: () => new Date(epochMs),
    advance: (ms) => {
      epochMs += ms;
    },
  };
}
