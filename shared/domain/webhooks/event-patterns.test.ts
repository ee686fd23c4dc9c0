import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWanted } from './event-patterns.ts';

test.each([
  [['*'], 'order.shipped', true],
  [['order.*'], 'order.shipped', true],
  [['order.shipped'], 'order.shipped', true],
  [['stock.low', 'order.shipped'], 'order.shipped', true],
  [['order.*'], 'orders.shipped', false],
  [['order.*'], 'order', false],
  [['order.ship'], 'order.shipped', false],
  [['stock.*', 'checkout.*'], 'order.shipped', false],
  [[], 'order.shipped', false],
])('%j matches %s: %s', (patterns, type, wanted) => {
  expect(isWanted(patterns, type)).toBe(wanted);
});

test('an event matches its type, `*` and its subject, and no other subject', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(word, word, word, (subject, what, other) => {
      fc.pre(subject !== other);
      const type = `${subject}.${what}`;
      expect([type, `${subject}.*`, '*'].map((pattern) => isWanted([pattern], type))).toEqual([
        true,
        true,
        true,
      ]);
      expect(isWanted([`${other}.*`, `${other}.${what}`], type)).toBe(false);
    }),
    { numRuns: 200 },
  );
});
