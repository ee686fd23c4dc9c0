import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { QueueFullError } from '../../../shared/runtime/group-commit.ts';
import { VerdictQueue, type VerdictRequest } from './verdict-queue.ts';

const whole: VerdictRequest = { drained: false };
const verdict = (accepted: number) => ({ accepted }) as Verdict;

/** Turns whose verdicts end when told to. */
function withHandles() {
  const begun: { request: VerdictRequest; end: (outcome: Verdict | Error) => void }[] = [];
  const turns = new VerdictQueue(
    (request) =>
      new Promise((resolve, reject) => {
        const end = (outcome: Verdict | Error) =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome);
        begun.push({ request, end });
      }),
  );
  return { turns, begun };
}

test('the same request shares one that waits, and never one that has begun', async () => {
  const { turns, begun } = withHandles();
  const first = turns.ask(whole);
  await setImmediate();
  const second = turns.ask(whole);
  const third = turns.ask(whole);
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

test('other windows wait their turn, also after one that failed', async () => {
  const { turns, begun } = withHandles();
  const first = turns.ask(whole);
  const second = turns.ask({ ...whole, from: new Date(0) });
  await setImmediate();
  expect(begun.map(({ request }) => request)).toEqual([whole]);
  begun[0]?.end(new Error('no primary'));
  await expect(first).rejects.toThrow('no primary');
  await setImmediate();
  begun[1]?.end(verdict(2));
  expect(await second).toEqual(verdict(2));
});

test('no more than eight different ones wait', async () => {
  const { turns } = withHandles();
  void turns.ask(whole);
  await setImmediate();
  for (let day = 1; day <= 8; day += 1) void turns.ask({ ...whole, to: new Date(day) });
  await expect(turns.ask({ ...whole, to: new Date(9) })).rejects.toThrow(QueueFullError);
});
