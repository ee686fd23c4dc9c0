import type { Clock } from '../runtime/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** @param start what it shows at first */
export function manualClock(start: Date = new Date()): ManualClock {
  let epochMs = start.getTime();
  return {
    now: () => new Date(epochMs),
    advance: (ms) => {
      epochMs += ms;
    },
  };
}
