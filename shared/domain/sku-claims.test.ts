import fc from 'fast-check';
import { expect, test } from 'vitest';
import { skuConflicts } from './sku-claims.ts';

test('a SKU goes to its first claim, and the conflict of a later claim names that line', () => {
  const claims = [
    { line: 1, skus: ['A', 'B'] },
    { line: 2, skus: ['C', 'B'] },
    { line: 3, skus: ['C'] },
    { line: 4, skus: ['D', 'E'] },
  ];
  const taken = new Map([['D', undefined]]);
  expect(skuConflicts(claims, taken)).toEqual([
    [],
    [{ index: 1, line: 1 }],
    [],
    [{ index: 0, line: undefined }],
  ]);
});

test('granted claims share no SKU, and no refused claim could have been granted', () => {
  const sku = fc.constantFrom(...'ABCDEFGH');
  const claims = fc.array(fc.uniqueArray(sku, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
  fc.assert(
    fc.property(claims, fc.uniqueArray(sku, { maxLength: 3 }), (wanted, taken) => {
      const list = wanted.map((skus, line) => ({ line, skus }));
      const conflicts = skuConflicts(list, new Map(taken.map((takenSku) => [takenSku, undefined])));
      const held = new Set(taken);
      wanted.forEach((skus, index) => {
        expect(conflicts[index]?.length === 0).toBe(
          skus.every((wantedSku) => !held.has(wantedSku)),
        );
        if (conflicts[index]?.length === 0) for (const granted of skus) held.add(granted);
      });
    }),
  );
});
