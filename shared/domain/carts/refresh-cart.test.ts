import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMOUNT_MAX } from '../money.ts';
import type { Offer } from '../offers.ts';
import { isHeldBy } from './cart-checkout.ts';
import { acknowledge, type CartContent, type CartLine } from './cart-lines.ts';
import { refreshCart } from './refresh-cart.ts';

// The bounds of `shared/contract`, which the domain does not import.
const PRICE_MAX = 100_000_000;
const LINE_QUANTITY_MAX = 1_000_000;

const line = (variantId: string, changes: Partial<CartLine> = {}): CartLine => ({
  ...{ variantId, productId: 'prd', shopId: 'shp', sku: 'SKU', title: 'As seen' },
  ...{ unitPrice: 100, quantity: 3 },
  ...changes,
});
const offer = (variantId: string, changes: Partial<Offer> = {}): Offer => {
  const { quantity: _, ...seen } = line(variantId);
  return { ...seen, currency: 'GBP', isPublished: true, ...changes };
};

function refresh(lines: CartLine[], offers: Offer[], available: Record<string, number>) {
  const content: CartContent = { lines, currency: 'GBP' };
  const byId = new Map(offers.map((current) => [current.variantId, current]));
  return refreshCart(content, byId, new Map(Object.entries(available)));
}

test('an unchanged line has no changes', () => {
  const { lines, subtotal, changes } = refresh([line('a')], [offer('a')], { a: 3 });
  expect(changes).toEqual([]);
  expect(subtotal).toBe(300);
  expect(lines).toMatchObject([{ total: 300, available: 3, isForSale: true }]);
});

test.each<[string, Partial<Offer>, number, object[]]>([
  [
    'another price',
    { unitPrice: 90 },
    3,
    [{ variantId: 'a', kind: 'price_changed', before: 100, after: 90 }],
  ],
  ['too few units', {}, 2, [{ variantId: 'a', kind: 'not_enough', before: 3, after: 2 }]],
  ['no units', {}, 0, [{ variantId: 'a', kind: 'unavailable', before: 3, after: 0 }]],
  [
    'a new rule',
    { quantityRule: { step: 2 } },
    9,
    [{ variantId: 'a', kind: 'quantity_not_allowed', before: 3, after: 2 }],
  ],
  [
    'several changes',
    { unitPrice: 101, quantityRule: { min: 5 } },
    1,
    [
      { variantId: 'a', kind: 'price_changed', before: 100, after: 101 },
      { variantId: 'a', kind: 'not_enough', before: 3, after: 1 },
      { variantId: 'a', kind: 'quantity_not_allowed', before: 3, after: 5 },
    ],
  ],
])('%s is reported', (_, changes, available, reported) => {
  const result = refresh([line('a')], [offer('a', changes)], { a: available });
  expect(result.changes).toEqual(reported);
});

test.each<[string, Offer[], string]>([
  [
    'unpublished',
    [offer('a', { isPublished: false, title: 'A secret', unitPrice: 1 })],
    'withdrawn',
  ],
  ['gone', [], 'withdrawn'],
  ['in another currency', [offer('a', { currency: 'EUR', unitPrice: 1 })], 'currency_changed'],
])(
  'a line that is %s stays as last seen, adds 0 to the subtotal and is reported',
  (_, offers, kind) => {
    const result = refresh([line('a'), line('b')], [...offers, offer('b')], { a: 9, b: 9 });
    expect(result.changes).toEqual([{ variantId: 'a', kind }]);
    expect(result.subtotal).toBe(300);
    expect(result.lines[0]).toEqual({ ...line('a'), available: 0, isForSale: false, total: 0 });
  },
);

test('the subtotal is exact or absent; above the maximum of a checkout it is flagged', () => {
  const item = fc.record({
    unitPrice: fc.integer({ min: 0, max: PRICE_MAX }),
    quantity: fc.integer({ min: 1, max: LINE_QUANTITY_MAX }),
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 200, size: 'max' }), (items) => {
      const { lines, subtotal, isAmountTooLarge } = refresh(
        items.map((item, index) => line(`v${index}`, item)),
        items.map(({ unitPrice }, index) => offer(`v${index}`, { unitPrice })),
        {},
      );
      const exact = items.reduce(
        (sum, { quantity, unitPrice }) => sum + BigInt(quantity) * BigInt(unitPrice),
        0n,
      );
      items.forEach(({ quantity, unitPrice }, index) => {
        expect(lines[index]?.total).toBe(quantity * unitPrice);
      });
      if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) expect(subtotal).toBe(Number(exact));
      else expect(subtotal).toBeUndefined();
      expect(isAmountTooLarge).toBe(exact > BigInt(AMOUNT_MAX));
    }),
  );
});

test('an acknowledged price is not reported again; all other changes are', () => {
  const price = fc.integer({ min: 0, max: 500 });
  const item = fc.record({
    seen: price,
    now: price,
    available: fc.nat(5),
    isPublished: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), (items) => {
      const content: CartContent = {
        lines: items.map(({ seen }, index) => line(`v${index}`, { unitPrice: seen })),
        currency: 'GBP',
      };
      const offers = new Map(
        items.map(({ now, isPublished }, index) => [
          `v${index}`,
          offer(`v${index}`, { unitPrice: now, isPublished }),
        ]),
      );
      const available = new Map(items.map((item, index) => [`v${index}`, item.available]));
      const before = refreshCart(content, offers, available);
      const after = refreshCart(acknowledge(content, offers), offers, available);
      expect(after.lines).toEqual(before.lines);
      expect(after.subtotal).toBe(before.subtotal);
      expect(after.changes).toEqual(before.changes.filter(({ kind }) => kind !== 'price_changed'));
    }),
  );
});

test('a cart is held by a checkout that is queued, placed or without a record', () => {
  const orders = [] as const;
  for (const status of ['queued', 'placed', undefined] as const) {
    expect(isHeldBy({ status, orders })).toBe(true);
  }
  for (const status of ['rejected', 'failed'] as const) {
    expect(isHeldBy({ status, orders })).toBe(false);
  }
});

test.each([
  [['cancelled'], false],
  [['expired'], false],
  [['expired', 'cancelled'], false],
  [['pending'], true],
  [['confirmed'], true],
  [['shipped'], true],
  [['delivered'], true],
  [['cancelled', 'expired', 'confirmed'], true],
] as const)('a cart whose orders are %j is held: %s', (orders, isHeld) => {
  expect(isHeldBy({ status: 'placed', orders })).toBe(isHeld);
});
