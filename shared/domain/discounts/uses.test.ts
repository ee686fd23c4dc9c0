import { expect, test } from 'vitest';
import { type DiscountUses, findExhausted } from './uses.ts';

const uses = (limits: Partial<DiscountUses>): DiscountUses => ({
  ...{ discountId: 'dsc', uses: 3, version: 3, isActive: true },
  ...limits,
});

test.each<[string, Partial<DiscountUses>, number, string | undefined]>([
  ['no limit', {}, 9, undefined],
  ['uses left', { usageLimit: 4 }, 0, undefined],
  ['no uses left', { usageLimit: 3 }, 0, 'usage_limit'],
  ['a limit lowered below its uses', { usageLimit: 2 }, 0, 'usage_limit'],
  ['uses left for the buyer', { usageLimitPerBuyer: 2 }, 1, undefined],
  ['no uses left for the buyer', { usageLimitPerBuyer: 2 }, 2, 'usage_limit_per_buyer'],
  ['no uses left for any buyer', { usageLimit: 3, usageLimitPerBuyer: 1 }, 1, 'usage_limit'],
])('with %s (%j, own uses %i), the reached limit is %s', (_, limits, own, reason) => {
  const buyerUses = new Map([['dsc', new Map([['shp/me', own]])]]);
  expect(findExhausted('shp/me', [uses(limits)], buyerUses).get('dsc')).toBe(reason);
});

test('uses by others do not count against a buyer', () => {
  const buyerUses = new Map([['dsc', new Map([['shp/another', 5]])]]);
  expect(findExhausted('shp/me', [uses({ usageLimitPerBuyer: 1 })], buyerUses).size).toBe(0);
});
