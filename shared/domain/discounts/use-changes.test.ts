import { expect, test } from 'vitest';
import { UseChanges } from './use-changes.ts';
import type { DiscountUses } from './uses.ts';

const given = (): ReadonlyMap<string, DiscountUses> =>
  new Map([['dsc', { discountId: 'dsc', uses: 3, version: 3, isActive: true }]]);
const order = (buyerKey?: string, discountId = 'dsc') => ({
  discounts: [{ discountId }],
  ...(buyerKey !== undefined && { buyerKey }),
});

test('each use that is given back makes one version', () => {
  const uses = new UseChanges(given());
  uses.giveBack(order());
  uses.giveBack(order());
  expect(uses.changes()).toEqual([{ discountId: 'dsc', fromVersion: 3, toVersion: 5, uses: -2 }]);
});

test('a use that is given back and taken again keeps the number and makes two versions', () => {
  const uses = new UseChanges(given(), new Map([['dsc', new Map([['me', 1]])]]));
  uses.giveBack(order('me'));
  expect(uses.buyerUses.get('dsc')?.get('me')).toBe(0);
  uses.take(order('me'));
  expect(uses.discounts.get('dsc')).toMatchObject({ uses: 3, version: 5 });
  expect(uses.buyerUses.get('dsc')?.get('me')).toBe(1);
  expect(uses.changes()).toEqual([{ discountId: 'dsc', fromVersion: 3, toVersion: 5, uses: 0 }]);
});

test('without changes there is nothing to write', () => {
  const uses = new UseChanges(given());
  uses.giveBack({});
  expect(uses.changes()).toEqual([]);
});

test('an unknown discount, or more uses than it has, cannot be given back', () => {
  const uses = new UseChanges(given());
  expect(() => uses.giveBack(order('me', 'other'))).toThrow(RangeError);
  for (let back = 0; back < 3; back += 1) uses.giveBack(order());
  expect(() => uses.giveBack(order())).toThrow(RangeError);
});
