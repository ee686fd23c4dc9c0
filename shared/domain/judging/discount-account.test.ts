import { expect, test } from 'vitest';
import { type DiscountAccount, discountDifferencesOf } from './discount-account.ts';

const sound: DiscountAccount = {
  discountId: 'd',
  stored: { uses: 2, version: 5, usageLimit: 2 },
  held: 2,
  versions: [1, 3, 4],
};

test('a sound record has no difference', () => {
  expect(discountDifferencesOf(sound)).toEqual([]);
  expect(discountDifferencesOf({ ...sound, stored: { uses: 2, version: 5 } })).toEqual([]);
});

test.each<[string, Partial<DiscountAccount>, object[]]>([
  ['a use too many', { held: 1 }, [{ kind: 'uses', stored: 2, expected: 1 }]],
  [
    'a use that was not counted',
    { held: 3 },
    [
      { kind: 'uses', stored: 2, expected: 3 },
      { kind: 'uses_over_limit', uses: 3, usageLimit: 2 },
    ],
  ],
  ['a version made twice', { versions: [1, 1] }, [{ kind: 'use_version_clash', version: 1 }]],
  [
    'a version that never was',
    { versions: [0, 6, 1.5] },
    [0, 6, 1.5].map((version) => ({ kind: 'use_version_outside', version, storedVersion: 5 })),
  ],
])('%s is found', (_, changed, differences) => {
  const expected = differences.map((each) => ({ discountId: 'd', ...each }));
  expect(discountDifferencesOf({ ...sound, ...changed })).toEqual(expected);
});

test('orders with a discount that does not exist are found', () => {
  const { stored: _, ...lost } = sound;
  expect(discountDifferencesOf(lost)).toEqual([
    { discountId: 'd', kind: 'discount_missing', expected: 2 },
  ]);
});
