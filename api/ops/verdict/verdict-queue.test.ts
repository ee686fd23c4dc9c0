import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { QueueFullError } from '../../../shared/runtime/group-commit.ts';
import { VerdictQueue, type VerdictRequest } from './verdict-queue.ts';

const whole: VerdictRequest = { drained: false };
const verdict = (accepted: number) => ({ accepted }) as Verdict;

/** A queue whose verdicts end when the test ends them. */
function openQueue() {
  const begun: { request: VerdictRequest; end: (outcome: Verdict | Error) => void }[] = [];
  const verdicts = new VerdictQueue(
    (request) =>
      new Promise((resolve, reject) => {
        const end = (outcome: Verdict | Error) =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome);
        begun.push({ request, end });
      }),
  );
  return { verdicts, begun };
}

test('equal requests share a waiting verdict, but not a verdict that has begun', async () => {
  const { verdicts, begun } = openQueue();
  const first = verdicts.request(whole);
  await setImmediate();
  const second = verdicts.request(whole);
  const third = verdicts.request(whole);
  await setImmediate();
  expect(begun).toHaveLength(1);
  begun[0]?.end(verdict(1));
  expect(await first).toEqual(verdict(1));
  await setImmediate();
  expect(begun).toHaveLength(2);
  begun[1]?.end(verdict(2));
  expect(await Promise.all([second, third])).toEqual([verdict(2), verdict(2)]);
  expect(begun).toHaveLength(2);
});

test('a verdict on another window waits for the current verdict, even if that fails', async () => {
  const { verdicts, begun } = openQueue();
  const first = verdicts.request(whole);
  const second = verdicts.request({ ...whole, from: new Date(0) });
  await setImmediate();
  expect(begun.map(({ request }) => request)).toEqual([whole]);
  begun[0]?.end(new Error('no primary'));
  await expect(first).rejects.toThrow('no primary');
  await setImmediate();
  begun[1]?.end(verdict(2));
  expect(await second).toEqual(verdict(2));
});

test('at most eight different verdicts wait', async () => {
  const { verdicts } = openQueue();
  void verdicts.request(whole);
  await setImmediate();
  for (let day = 1; day <= 8; day += 1) void verdicts.request({ ...whole, to: new Date(day) });
  await expect(verdicts.request({ ...whole, to: new Date(9) })).rejects.toThrow(QueueFullError);
});
