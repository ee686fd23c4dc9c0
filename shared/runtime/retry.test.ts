import { expect, test } from 'vitest';
import { retry } from './retry.ts';

const FAST = { pauseMsMin: 0, pauseMsMax: 0 };

/** Work that fails with these errors and then succeeds; `calls` counts its tries. */
function failing(...errors: readonly Error[]) {
  const counter = { calls: 0 };
  const work = async () => {
    const error = errors[counter.calls];
    counter.calls += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
  return { counter, work };
}

const transientError = new Error('transient');
const permanentError = new Error('permanent');
const isRetryable = (error: unknown) => error === transientError;

test('work is tried again until it succeeds', async () => {
  const { counter, work } = failing(transientError, transientError);
  expect(await retry(work, { ...FAST, isRetryable })).toBe('done');
  expect(counter.calls).toBe(3);
});

test('an error that is not retryable ends the tries at once', async () => {
  const { counter, work } = failing(transientError, permanentError, transientError);
  await expect(retry(work, { ...FAST, isRetryable })).rejects.toBe(permanentError);
  expect(counter.calls).toBe(2);
});

test.each([
  ['triesMax', { triesMax: 2 }, 2],
  ['timeoutMs', { timeoutMs: 0 }, 1],
])('retries are bounded by %s, and the last error reaches the caller', async (_, bound, calls) => {
  const { counter, work } = failing(transientError, transientError, transientError);
  await expect(retry(work, { ...FAST, ...bound, isRetryable })).rejects.toBe(transientError);
  expect(counter.calls).toBe(calls);
});
