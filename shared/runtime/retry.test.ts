import { expect, test } from 'vitest';
import { retry } from './retry.ts';

const FAST = { pauseMsMin: 0, pauseMsMax: 0 };

/** Work that fails with these errors and then succeeds; `calls` counts its tries. */
function failing(...errors: readonly Error[]) {
  const made = { calls: 0 };
  const work = async () => {
    const error = errors[made.calls];
    made.calls += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
  return { made, work };
}

const passing = new Error('passes');
const final = new Error('stays');
const isRetryable = (error: unknown) => error === passing;

test('work is tried again until it succeeds', async () => {
  const { made, work } = failing(passing, passing);
  expect(await retry(work, { ...FAST, isRetryable })).toBe('done');
  expect(made.calls).toBe(3);
});

test('an error that is not retryable ends the tries at once', async () => {
  const { made, work } = failing(passing, final, passing);
  await expect(retry(work, { ...FAST, isRetryable })).rejects.toBe(final);
  expect(made.calls).toBe(2);
});

test.each([
  ['number of tries', { triesMax: 2 }, 2],
  ['time', { timeoutMs: 0 }, 1],
])('it is bounded by the %s, and the last error reaches the caller', async (_, bound, calls) => {
  const { made, work } = failing(passing, passing, passing);
  await expect(retry(work, { ...FAST, ...bound, isRetryable })).rejects.toBe(passing);
  expect(made.calls).toBe(calls);
});
