/** Where the time comes from; a test can give another. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
