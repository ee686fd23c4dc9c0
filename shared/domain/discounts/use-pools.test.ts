import { describe, expect, test } from 'vitest';
import type { QueuedCheckout } from '../order-drafts.ts';
import { decideSettlements } from '../settlement.ts';
import type { PricedLine, StockLevel } from '../vocabulary.ts';
import type { AppliedDiscount } from './terms.ts';
import type { DiscountUses } from './uses.ts';

const SHOP = 's';
const PLENTY = 1_000;

const line: PricedLine = {
  variantId: 'v',
  productId: 'p',
  shopId: SHOP,
  sku: 'v',
  title: 'A thing',
  quantity: 1,
  unitPrice: 100,
  discount: 10,
};

function applied(discountId: string): AppliedDiscount {
  return { discountId, shopId: SHOP, code: discountId.toUpperCase(), amount: 10 };
}

function checkout(id: string, buyerKey: string, ...discountIds: string[]): QueuedCheckout {
  return { id, lines: [line], total: 90, buyerKey, discounts: discountIds.map(applied) };
}

function settle(
  discounts: readonly DiscountUses[],
  checkouts: readonly QueuedCheckout[],
  { onHand = PLENTY, used = [] as readonly [string, string, number][] } = {},
) {
  const level: StockLevel = {
    variantId: 'v',
    productId: 'p',
    shopId: SHOP,
    onHand,
    reserved: 0,
    sold: 0,
    version: 7,
  };
  const buyerUses = new Map<string, Map<string, number>>();
  for (const [discountId, buyerKey, uses] of used) {
    buyerUses.set(discountId, new Map(buyerUses.get(discountId)).set(buyerKey, uses));
  }
  return decideSettlements({
    checkouts,
    stock: new Map([['v', level]]),
    variantIdsForSale: new Set(['v']),
    discounts: new Map(discounts.map((discount) => [discount.discountId, discount])),
    buyerUses,
  });
}

function rejections(decision: ReturnType<typeof decideSettlements>) {
  return decision.outcomes.map((outcome) =>
    outcome.status === 'rejected' ? outcome.rejection : outcome.status,
  );
}

const open: DiscountUses = { discountId: 'd', uses: 0, version: 3, isActive: true };

describe('a limit of uses', () => {
  test('admits the first checkouts, and refuses the others with the discount’s version', () => {
    const wanted = ['a', 'b', 'c'].map((id) => checkout(id, `buyer ${id}`, 'd'));
    const decision = settle([{ ...open, uses: 8, usageLimit: 10 }], wanted);
    const discount = { discountCode: 'D', shopId: SHOP };
    const exhausted = { code: 'discount_exhausted', ...discount, reason: 'usage_limit' };
    expect(rejections(decision)).toEqual(['placed', 'placed', { ...exhausted, version: 5 }]);
    const change = { discountId: 'd', fromVersion: 3, toVersion: 5, uses: 2 };
    expect(decision.useChanges).toEqual([change]);
  });

  test('refuses checkouts without taking stock for them', () => {
    const wanted = ['a', 'b'].map((id) => checkout(id, id, 'd'));
    const { stockChanges } = settle([{ ...open, usageLimit: 1 }], wanted);
    expect(stockChanges).toMatchObject([{ delta: { reserved: 1 } }]);
  });

  test('is not used up by checkouts that are refused for stock', () => {
    const wanted = ['a', 'b'].map((id) => checkout(id, id, 'd'));
    const decision = settle([{ ...open, usageLimit: 5 }], wanted, { onHand: 1 });
    expect(rejections(decision)).toMatchObject(['placed', { code: 'out_of_stock' }]);
    expect(decision.useChanges).toMatchObject([{ uses: 1 }]);
  });

  test('below the current uses refuses every checkout', () => {
    const decision = settle([{ ...open, uses: 6, usageLimit: 5 }], [checkout('a', 'a', 'd')]);
    expect(rejections(decision)).toMatchObject([{ code: 'discount_exhausted' }]);
  });
});

describe('a limit per buyer', () => {
  const limited = { ...open, usageLimitPerBuyer: 1 };

  test('refuses a second use in the same batch', () => {
    const wanted = [
      checkout('a', 'ann', 'd'),
      checkout('b', 'ann', 'd'),
      checkout('c', 'bob', 'd'),
    ];
    const reason = 'usage_limit_per_buyer';
    const exhausted = { code: 'discount_exhausted', shopId: SHOP, reason };
    expect(rejections(settle([limited], wanted))).toMatchObject(['placed', exhausted, 'placed']);
  });

  test('counts earlier uses of the buyer, and of no one else', () => {
    const wanted = [checkout('a', 'ann', 'd'), checkout('b', 'bob', 'd')];
    const decision = settle([limited], wanted, { used: [['d', 'ann', 1]] });
    expect(rejections(decision)).toMatchObject([{ code: 'discount_exhausted' }, 'placed']);
  });
});

test('each of an order’s discounts carries the version that its use made', () => {
  const other = { ...open, discountId: 'e', version: 40, usageLimitPerBuyer: 2 };
  const decision = settle([open, other], [checkout('a', 'a', 'd', 'e'), checkout('b', 'b', 'e')]);
  expect(decision.outcomes).toMatchObject([
    { orders: [{ discount: 10, total: 90, discounts: [{ version: 4 }, { version: 41 }] }] },
    { orders: [{ discounts: [{ discountId: 'e', version: 42 }] }] },
  ]);
});

test.each([
  ['cancelled', [{ ...open, isActive: false }]],
  ['deleted', []],
])('a discount that is %s no longer applies', (_, discounts) => {
  const decision = settle(discounts, [checkout('a', 'a', 'd')]);
  const discount = { discountCode: 'D', shopId: SHOP };
  const rejection = { code: 'discount_not_applicable', ...discount, reason: 'cancelled' };
  expect(rejections(decision)).toEqual([rejection]);
  expect(decision).toMatchObject({ stockChanges: [], useChanges: [] });
});

test('a checkout with a code that did not apply at acceptance is rejected for this code', () => {
  const refusedDiscount = { code: 'OLD', reason: 'ended' } as const;
  const decision = settle([], [{ id: 'a', lines: [line], total: 100, refusedDiscount }]);
  const rejection = { code: 'discount_not_applicable', discountCode: 'OLD', reason: 'ended' };
  expect(rejections(decision)).toEqual([rejection]);
});
