import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMOUNT_MAX, sumLines } from './money.ts';

test('a subtotal is the sum of quantity times price', () => {
  expect(
    sumLines([
      { quantity: 3, unitPrice: 1_999 },
      { quantity: 1, unitPrice: 0 },
    ]),
  ).toBe(5_997);
  expect(sumLines([])).toBe(0);
});

test('a sum that is not a safe integer throws a RangeError', () => {
  const line = { quantity: 1_000_000, unitPrice: AMOUNT_MAX };
  expect(() => sumLines([line])).toThrow(RangeError);
});

test('a subtotal is exact', () => {
  const line = fc.record({
    quantity: fc.integer({ min: 1, max: 1_000_000 }),
    unitPrice: fc.integer({ min: 0, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 100 }), (lines) => {
      const exact = lines.reduce(
        (sum, { quantity, unitPrice }) => sum + BigInt(quantity) * BigInt(unitPrice),
        0n,
      );
      expect(BigInt(sumLines(lines))).toBe(exact);
    }),
  );
});
