/** The source of the current time; tests use another. */
export interface Clock {
  now(): Date;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => new Date() };
