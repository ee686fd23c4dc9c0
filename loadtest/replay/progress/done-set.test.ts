import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DoneSet } from './done-set.ts';

test('contains exactly the added numbers in any order, also after the set was stored and read', () => {
  const numbers = fc.array(fc.nat(60), { maxLength: 80 });
  fc.assert(
    fc.property(numbers, numbers, (first, second) => {
      const before = new DoneSet();
      for (const number of first) before.add(number);
      const after = new DoneSet(JSON.parse(JSON.stringify(before)));
      for (const number of second) after.add(number);
      const added = new Set([...first, ...second]);
      for (let number = 0; number <= 61; number += 1) {
        expect(after.has(number)).toBe(added.has(number));
      }
      expect(after.count).toBe(added.size);
      expect(after.aheadCount).toBeLessThanOrEqual(added.size);
    }),
    { numRuns: 500 },
  );
});

test('stores only numbers after a gap one by one', () => {
  const done = new DoneSet();
  for (const number of [2, 0, 1, 4]) done.add(number);
  expect(done.toJSON()).toEqual({ before: 3, beyond: [4] });
});
