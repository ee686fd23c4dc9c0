import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, medianSpread, percentile, toSpread } from './statistics.ts';

const numbers = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 });

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test('sorts numbers numerically, not as text', () => {
  expect(median([100, 20, 3])).toBe(20);
  expect(percentile([100, 20, 3], 1)).toBe(100);
});

test('a percentile is the value at the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(toSpread(hundred)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
  expect(percentile([5, 1], 0.5)).toBe(1);
  expect(percentile([5, 1], 0.51)).toBe(5);
  expect(percentile([1, 2], 0)).toBe(1);
  expect(percentile([], 0.5)).toBeNaN();
});

test('at least the share of the values is not above the percentile, and less than the share is below it', () => {
  fc.assert(
    fc.property(numbers, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const result = percentile(values, share);
      expect(values).toContain(result);
      const notAbove = values.filter((value) => value <= result).length;
      const below = values.filter((value) => value < result).length;
      expect(notAbove).toBeGreaterThanOrEqual(share * values.length);
      expect(below).toBeLessThan(share * values.length);
    }),
    { numRuns: 500 },
  );
});

test('takes the median of each figure over rounds, and the overall maximum', () => {
  const rounds = [
    { p50: 10, p90: 20, p99: 30, max: 40 },
    { p50: 12, p90: 18, p99: 99, max: 990 },
    { p50: 11, p90: 19, p99: 31, max: 50 },
  ];
  expect(medianSpread(rounds)).toEqual({ p50: 11, p90: 19, p99: 31, max: 990 });
});

test('the median and the percentile do not reorder their input', () => {
  const values = [3, 1, 2];
  median(values);
  percentile(values, 0.9);
  expect(values).toEqual([3, 1, 2]);
});
