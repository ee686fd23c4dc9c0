import { readEnv } from '../runtime/env.ts';

const env = readEnv();

/** Returns the number of runs of a promise test: `full` with PROMISES=full, otherwise `short`. */
export function promiseRuns(full: number, short: number): number {
  return env.promises === 'full' ? full : short;
}

const SEEDS = 1_000_000_000;

/** The seed of all random numbers in a test file. `TEST_SEED=…` repeats them. */
export const testSeed: number = env.testSeed ?? Math.floor(Math.random() * SEEDS);

/** The time limit of a long promise test; on a busy machine the full form takes much longer. */
export const PROMISE_TIMEOUT_MS = promiseRuns(3_600_000, 900_000);

/** The time limit of one wait for a condition that bounds nothing itself. */
export const PROMISE_WAIT_MS = promiseRuns(600_000, 100_000);
