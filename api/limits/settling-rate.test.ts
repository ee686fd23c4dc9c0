import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SettlingRate } from './settling-rate.ts';

function givenRate() {
  const clock = { ms: 0 };
  const rate = new SettlingRate(() => clock.ms);
  const settleEverySecond = (counts: readonly number[]) => {
    for (const count of counts) {
      if (count > 0) rate.add(count, 0);
      clock.ms += 1_000;
    }
  };
  return { clock, rate, settleEverySecond };
}

test('the rate is the mean of the last ten seconds', () => {
  const { rate, settleEverySecond } = givenRate();
  settleEverySecond([100, 200, 300]);
  expect(rate.perSecond()).toBe(200);
  settleEverySecond(Array.from({ length: 10 }, () => 50));
  expect(rate.perSecond()).toBe(50);
});

test('the rate is unknown at first, and again when nothing was settled for over three seconds', () => {
  const { rate, settleEverySecond } = givenRate();
  expect(rate.perSecond()).toBeUndefined();
  settleEverySecond([100, 100]);
  expect(rate.perSecond()).toBeUndefined();
  settleEverySecond([100, 0, 0]);
  expect(rate.perSecond()).toBe(60);
  settleEverySecond([0, 0]);
  expect(rate.perSecond()).toBeUndefined();
});

test('the idle time before workers begin to settle does not count', () => {
  const { rate, settleEverySecond } = givenRate();
  settleEverySecond([...Array.from({ length: 30 }, () => 0), 100, 100, 100]);
  expect(rate.perSecond()).toBe(100);
});

test('the longest wait is that of the last ten seconds', () => {
  const { clock, rate } = givenRate();
  expect(rate.longestWaitMs()).toBe(0);
  for (const waitMs of [20, 70, 50]) rate.add(1, waitMs);
  expect(rate.longestWaitMs()).toBe(70);
  clock.ms += 10_000;
  rate.add(1, 30);
  expect(rate.longestWaitMs()).toBe(70);
  clock.ms += 1_000;
  expect(rate.longestWaitMs()).toBe(30);
});

test('the rate is between the rates of the slowest and the fastest second', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 3 }), (counts) => {
      const { rate, settleEverySecond } = givenRate();
      settleEverySecond(counts);
      expect(rate.perSecond()).toBeGreaterThanOrEqual(Math.min(...counts));
      expect(rate.perSecond()).toBeLessThanOrEqual(Math.max(...counts));
    }),
  );
});
