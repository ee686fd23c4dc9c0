import { expect, onTestFinished, test, vi } from 'vitest';
import type { ApiAnswer } from '../system/api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { measureRecovery } from './recovery.ts';

const QUEUED: ApiAnswer = { status: 202, body: { status: 'queued' } };
const PLACED: ApiAnswer = { status: 200, body: { status: 'placed' } };

/** Measures the recovery of a system that sends these answers, each after `everyMs`. */
function measure(everyMs: number, ...answers: readonly ApiAnswer[]) {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  const { api } = fakeApi((_, count) => {
    nowMs += everyMs;
    return answers[Math.min(count, answers.length) - 1] ?? QUEUED;
  });
  return measureRecovery(api, { key: 'probe', variantId: 'var_1' });
}

test('returns the time until the outcome', async () => {
  expect(await measure(10_000, QUEUED, QUEUED, PLACED)).toBe(30_000);
  expect(await measure(60_000, PLACED)).toBe(60_000);
});

test.each<[string, number, ApiAnswer, string]>([
  ['an outcome after 60 s', 61_000, PLACED, 'the outcome came only 61 s after the fault'],
  ['a checkout that stays queued', 10_000, QUEUED, 'no outcome 60 s after the fault: the checkout'],
  ['any other answer', 1_000, { status: 500, body: {} }, 'no outcome 1 s after the fault: 500'],
])('%s is a failure', async (_, everyMs, answer, message) => {
  await expect(measure(everyMs, answer)).rejects.toThrow(message);
});
