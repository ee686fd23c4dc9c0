import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMOUNT_MAX } from '../money.ts';
import { amountOff, spread, takePercent } from './shares.ts';
import { createTerms } from './testing/terms-builder.ts';

const RUNS = 1_000;
const amount = fc.integer({ min: 0, max: AMOUNT_MAX });
const basisPoints = fc.integer({ min: 1, max: 10_000 });

test.each([
  [1_000, 10, 100],
  [999, 10, 100],
  [994, 10, 99],
  [5, 10, 1],
  [4, 10, 0],
  [1, 50, 1],
  [10_000, 12.34, 1_234],
  [10_000, 0.29, 29],
  [AMOUNT_MAX, 99.99, 999_900_000_000],
  [AMOUNT_MAX - 1, 100, AMOUNT_MAX - 1],
  [0, 100, 0],
])('of %i, %s per cent is %i', (whole, percent, expected) => {
  expect(takePercent(whole, percent)).toBe(expected);
});

test('a percentage is rounded to the nearest whole amount, halves up', () => {
  fc.assert(
    fc.property(amount, basisPoints, (whole, points) => {
      const exact = BigInt(whole) * BigInt(points);
      const error = BigInt(takePercent(whole, points / 100)) * 10_000n - exact;
      expect(error > -5_000n && error <= 5_000n).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test.each([
  ['a percentage', createTerms({ kind: 'percentage', value: 25 }), 1_000, 250],
  [
    'a capped percentage',
    createTerms({ kind: 'percentage', value: 25, maximumDiscount: 200 }),
    1_000,
    200,
  ],
  ['a fixed amount', createTerms({ kind: 'fixed', value: 300 }), 1_000, 300],
  ['a fixed amount above the whole', createTerms({ kind: 'fixed', value: 5_000 }), 1_000, 1_000],
  ['a capped fixed amount', createTerms({ kind: 'fixed', value: 300, maximumDiscount: 1 }), 9, 1],
  ['500 %, which is never accepted', createTerms({ kind: 'percentage', value: 500 }), 1_000, 1_000],
])('the amount off of %s is at most its cap and the whole', (_, terms, whole, expected) => {
  expect(amountOff(terms, whole)).toBe(expected);
});

test.each([
  [100, [50, 50, 50], [34, 33, 33]],
  [2, [1, 1, 1], [1, 1, 0]],
  [10, [50, 30, 20], [5, 3, 2]],
  [1, [0, 7, 7], [0, 1, 0]],
  [5, [0, 0, 5], [0, 0, 5]],
  [0, [3, 4], [0, 0]],
  [0, [0, 0], [0, 0]],
  [7, [3, 1, 3], [3, 1, 3]],
])('%i spread over the weights %j is %j', (whole, weights, parts) => {
  expect(spread(whole, weights)).toEqual(parts);
});

test('an amount above the sum of the weights cannot be spread', () => {
  expect(() => spread(3, [1, 1])).toThrow(RangeError);
});

test('parts sum to the whole, each is its exact share rounded up or down, and greater weights get no less', () => {
  const weights = fc.array(fc.oneof(amount, fc.integer({ min: 0, max: 20 })), {
    minLength: 1,
    maxLength: 50,
  });
  const split = weights.chain((list) => {
    const sum = list.reduce((total, weight) => total + weight, 0);
    return fc.tuple(fc.constant(list), fc.integer({ min: 0, max: sum }));
  });
  fc.assert(
    fc.property(split, ([list, whole]) => {
      const parts = spread(whole, list);
      const sum = list.reduce((total, weight) => total + BigInt(weight), 0n);
      expect(parts.reduce((total, part) => total + part, 0)).toBe(whole);
      parts.forEach((part, index) => {
        const weight = list[index] ?? 0;
        const distance = BigInt(part) * sum - BigInt(whole) * BigInt(weight);
        if (sum > 0n) expect(distance > -sum && distance < sum).toBe(true);
        expect(part).toBeLessThanOrEqual(weight);
        list.forEach((other, place) => {
          if (weight > other) expect(part).toBeGreaterThanOrEqual(parts[place] ?? 0);
        });
      });
    }),
    { numRuns: RUNS },
  );
});
