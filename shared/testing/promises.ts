import { readEnv } from '../runtime/env.ts';

const env = readEnv();

/** How often a promise is tried: `full` under PROMISES=full, else `short`. */
export function promiseRuns(full: number, short: number): number {
  return env.promises === 'full' ? full : short;
}

const SEEDS = 1_000_000_000;

/** The seed of everything random in a test file; `TEST_SEED=…` makes the same numbers again. */
export const testSeed: number = env.testSeed ?? Math.floor(Math.random() * SEEDS);
