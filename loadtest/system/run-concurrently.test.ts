import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runConcurrently } from './run-concurrently.ts';

test('runs the task once per item within the concurrency limit', async () => {
  const done: number[] = [];
  let underWay = 0;
  let most = 0;
  const items = Array.from({ length: 20 }, (_, index) => index);
  await runConcurrently(items, 3, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await setImmediate();
    underWay -= 1;
    done.push(item);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual(items);
  expect(most).toBe(3);
});

test('stops at the first failure', async () => {
  const begun: number[] = [];
  const doing = runConcurrently([0, 1, 2, 3, 4, 5, 6, 7], 2, async (item) => {
    begun.push(item);
    await setImmediate();
    if (item === 1) throw new Error('no');
  });
  await expect(doing).rejects.toThrow('no');
  await setImmediate();
  expect(begun.length).toBeLessThan(5);
});
