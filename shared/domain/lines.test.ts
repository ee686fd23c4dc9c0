import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeLines } from './lines.ts';

test('lines of one variant are merged at the place of the first of them', () => {
  const merged = mergeLines([
    { variantId: 'b', quantity: 2 },
    { variantId: 'a', quantity: 1 },
    { variantId: 'b', quantity: 3 },
  ]);
  expect(merged).toEqual([
    { variantId: 'b', quantity: 5 },
    { variantId: 'a', quantity: 1 },
  ]);
});

test('an empty list stays empty', () => {
  expect(mergeLines([])).toEqual([]);
});

test('variants may have the names of inherited object members', () => {
  const lines = ['__proto__', 'constructor'].map((variantId) => ({ variantId, quantity: 1 }));
  expect(mergeLines(lines)).toEqual(lines);
});

test('each variant appears once, and units add up', () => {
  const line = fc.record({
    variantId: fc.constantFrom('a', 'b', 'c', 'd'),
    quantity: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 50 }), (lines) => {
      const merged = mergeLines(lines);
      expect(new Set(merged.map(({ variantId }) => variantId)).size).toBe(merged.length);
      for (const { variantId, quantity } of merged) {
        const own = lines.filter((requested) => requested.variantId === variantId);
        expect(quantity).toBe(own.reduce((sum, requested) => sum + requested.quantity, 0));
      }
      expect(mergeLines(merged)).toEqual(merged);
    }),
  );
});
