import { expect, onTestFinished, test, vi } from 'vitest';
import { type ApiAnswer, SystemUnreachableError } from '../system/api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { measureRecovery } from './recovery.ts';

const QUEUED: ApiAnswer = { status: 202, body: { status: 'queued' } };
const PLACED: ApiAnswer = { status: 200, body: { status: 'placed' } };
const UNREACHABLE = new SystemUnreachableError('it is unreachable');

/** Measures the recovery of a system that sends these answers, or fails so, each after `everyMs`. */
function measure(everyMs: number, ...answers: readonly (ApiAnswer | SystemUnreachableError)[]) {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  const { api } = fakeApi((_, count) => {
    nowMs += everyMs;
    const answer = answers[Math.min(count, answers.length) - 1] ?? QUEUED;
    if (answer instanceof SystemUnreachableError) throw answer;
    return answer;
  });
  return measureRecovery(api, { key: 'probe', variantId: 'var_1' });
}

test('returns the time until the outcome', async () => {
  expect(await measure(10_000, QUEUED, QUEUED, PLACED)).toBe(30_000);
  expect(await measure(60_000, PLACED)).toBe(60_000);
  expect(await measure(25_000, UNREACHABLE, PLACED)).toBe(50_000);
});

test.each<[string, number, ApiAnswer | SystemUnreachableError, string]>([
  ['an outcome after 60 s', 61_000, PLACED, 'the outcome came only 61 s after the fault'],
  ['a checkout that stays queued', 10_000, QUEUED, 'no outcome 60 s after the fault: the checkout'],
  [
    'a system that stays unreachable',
    25_000,
    UNREACHABLE,
    'no outcome 75 s after the fault: it is',
  ],
  ['any other answer', 1_000, { status: 500, body: {} }, 'no outcome 1 s after the fault: 500'],
])('%s is a failure', async (_, everyMs, answer, message) => {
  await expect(measure(everyMs, answer)).rejects.toThrow(message);
});
