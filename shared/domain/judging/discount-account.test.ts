import { describe, expect, test } from 'vitest';
import { type DiscountAccount, findDiscountDifferences, isRepairable } from './discount-account.ts';

const sound: DiscountAccount = {
  discountId: 'd',
  stored: { uses: 2, version: 5, revision: 0, usageLimit: 2, usageLimitPerBuyer: 1 },
  held: 2,
  heldWithoutBuyer: 0,
  heldBy: new Map([
    ['ana', 1],
    ['ben', 1],
  ]),
  versions: [1, 3, 4],
};

test('a consistent record has no difference', () => {
  expect(findDiscountDifferences(sound)).toEqual([]);
  expect(
    findDiscountDifferences({ ...sound, stored: { uses: 2, version: 5, revision: 0 } }),
  ).toEqual([]);
});

test.each<[string, Partial<DiscountAccount>, object[]]>([
  ['one counted use too many', { held: 1 }, [{ kind: 'uses', stored: 2, expected: 1 }]],
  [
    'a use that was not counted',
    { held: 3 },
    [
      { kind: 'uses', stored: 2, expected: 3 },
      { kind: 'uses_over_limit', uses: 3, usageLimit: 2 },
    ],
  ],
  [
    'a buyer with more uses than the limit',
    { heldBy: new Map([['ana', 2]]) },
    [{ kind: 'buyer_uses_over_limit', buyerKey: 'ana', uses: 2, usageLimitPerBuyer: 1 }],
  ],
  [
    'a version that two uses have',
    { versions: [1, 1] },
    [{ kind: 'use_version_clash', version: 1 }],
  ],
  [
    'a version that never existed',
    { versions: [0, 6, 1.5] },
    [0, 6, 1.5].map((version) => ({ kind: 'use_version_outside', version, storedVersion: 5 })),
  ],
])('%s is found', (_, changed, differences) => {
  const expected = differences.map((difference) => ({ discountId: 'd', ...difference }));
  expect(findDiscountDifferences({ ...sound, ...changed })).toEqual(expected);
});

test('orders with a discount that does not exist are found', () => {
  const { stored: _, ...withoutDocument } = sound;
  expect(findDiscountDifferences(withoutDocument)).toEqual([
    { discountId: 'd', kind: 'discount_missing', expected: 2 },
  ]);
});

test('a limit per buyer that its shop has changed is not judged', () => {
  const stored = { uses: 2, version: 5, revision: 1, usageLimitPerBuyer: 1 };
  expect(findDiscountDifferences({ ...sound, stored, heldBy: new Map([['ana', 2]]) })).toEqual([]);
});

describe('whether arithmetic can repair the difference', () => {
  test.each([
    ['a stored version below a version of an order', 6, true],
    ['an impossible version of an order', 0, false],
    ['a fraction as the version of an order', 5.5, false],
  ])('%s (version %d): %s', (_, version, expected) => {
    const differences = findDiscountDifferences({ ...sound, versions: [version] });
    expect(differences.map(isRepairable)).toEqual([expected]);
  });
});
