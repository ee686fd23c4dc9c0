import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runConcurrently } from './run-concurrently.ts';

test('runs the task once per item within the concurrency limit', async () => {
  const done: number[] = [];
  let inProgress = 0;
  let inProgressMax = 0;
  const items = Array.from({ length: 20 }, (_, index) => index);
  await runConcurrently(items, 3, async (item) => {
    inProgress += 1;
    inProgressMax = Math.max(inProgressMax, inProgress);
    await setImmediate();
    inProgress -= 1;
    done.push(item);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual(items);
  expect(inProgressMax).toBe(3);
});

test('starts no more tasks after a failure, and rejects with it', async () => {
  const started: number[] = [];
  const running = runConcurrently([0, 1, 2, 3, 4, 5, 6, 7], 2, async (item) => {
    started.push(item);
    await setImmediate();
    if (item === 1) throw new Error('no');
  });
  await expect(running).rejects.toThrow('no');
  await setImmediate();
  expect(started.length).toBeLessThan(5);
});
