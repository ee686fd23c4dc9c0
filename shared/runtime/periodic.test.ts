import { expect, onTestFinished, test } from 'vitest';
import { type Periodic, startPeriodic } from './periodic.ts';

const NEVER_MS = 3_600_000;

function startRounds(everyMs: number, run: (signal: AbortSignal) => Promise<void>): Periodic {
  const periodic = startPeriodic({ everyMs, run, onError: () => undefined });
  onTestFinished(() => periodic.stop());
  return periodic;
}

test('rounds run one after the other', async () => {
  let rounds = 0;
  let running = 0;
  let runningMax = 0;
  let triggerNow = () => {};
  const periodic = startRounds(1, async () => {
    running += 1;
    runningMax = Math.max(runningMax, running);
    triggerNow();
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    rounds += 1;
  });
  triggerNow = () => periodic.trigger();
  await expect.poll(() => rounds).toBeGreaterThan(5);
  expect(runningMax).toBe(1);
});

test('the error of a round is reported, and further rounds follow', async () => {
  const errors: unknown[] = [];
  let rounds = 0;
  const periodic = startPeriodic({
    everyMs: 1,
    run: async () => {
      rounds += 1;
      throw new Error(`round ${rounds}`);
    },
    onError: (error) => errors.push(error),
  });
  await expect.poll(() => rounds).toBeGreaterThan(2);
  await periodic.stop();
  expect(errors.slice(0, 2)).toEqual([new Error('round 1'), new Error('round 2')]);
  expect(errors).toHaveLength(rounds);
});

test('trigger ends a pause, or makes the next round follow the current round without a pause', async () => {
  let rounds = 0;
  const endRounds: (() => void)[] = [];
  const periodic = startRounds(NEVER_MS, async () => {
    rounds += 1;
    await new Promise<void>((resolve) => endRounds.push(resolve));
  });
  expect(rounds).toBe(1);
  periodic.trigger();
  endRounds.shift()?.();
  await expect.poll(() => rounds).toBe(2);
  endRounds.shift()?.();
  await new Promise(setImmediate);
  expect(rounds).toBe(2);
  periodic.trigger();
  await expect.poll(() => rounds).toBe(3);
  endRounds.shift()?.();
});

test('stop aborts the current round, waits for it, and starts no other', async () => {
  let rounds = 0;
  let isOver = false;
  const periodic = startRounds(NEVER_MS, async (signal) => {
    rounds += 1;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    await new Promise(setImmediate);
    isOver = true;
  });
  await periodic.stop();
  expect(isOver).toBe(true);
  expect(rounds).toBe(1);
});

test('stop ends a pause at once', async () => {
  const periodic = startRounds(NEVER_MS, async () => undefined);
  await new Promise(setImmediate);
  await periodic.stop();
});
