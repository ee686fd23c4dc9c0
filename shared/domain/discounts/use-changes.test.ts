import { expect, test } from 'vitest';
import { UseChanges } from './use-changes.ts';
import type { DiscountUses } from './uses.ts';

const createUses = (): ReadonlyMap<string, DiscountUses> =>
  new Map([['dsc', { discountId: 'dsc', uses: 3, version: 3, isActive: true }]]);
const order = (buyerKey?: string, discountId = 'dsc') => ({
  discounts: [{ discountId }],
  ...(buyerKey !== undefined && { buyerKey }),
});

test('each use that is given back increments the version', () => {
  const uses = new UseChanges(createUses());
  uses.giveBack(order());
  uses.giveBack(order());
  expect(uses.changes()).toEqual([{ discountId: 'dsc', fromVersion: 3, toVersion: 5, uses: -2 }]);
});

test('giving a use back and taking it again keeps the number and adds 2 to the version', () => {
  const uses = new UseChanges(createUses(), new Map([['dsc', new Map([['me', 1]])]]));
  uses.giveBack(order('me'));
  expect(uses.buyerUses.get('dsc')?.get('me')).toBe(0);
  uses.take(order('me'));
  expect(uses.discounts.get('dsc')).toMatchObject({ uses: 3, version: 5 });
  expect(uses.buyerUses.get('dsc')?.get('me')).toBe(1);
  expect(uses.changes()).toEqual([{ discountId: 'dsc', fromVersion: 3, toVersion: 5, uses: 0 }]);
});

test('without changes there is nothing to write', () => {
  const uses = new UseChanges(createUses());
  uses.giveBack({});
  expect(uses.changes()).toEqual([]);
});

test('giving back a use of an unknown discount, or more uses than it has, throws', () => {
  const uses = new UseChanges(createUses());
  expect(() => uses.giveBack(order('me', 'other'))).toThrow(RangeError);
  for (let n = 0; n < 3; n += 1) uses.giveBack(order());
  expect(() => uses.giveBack(order())).toThrow(RangeError);
});
