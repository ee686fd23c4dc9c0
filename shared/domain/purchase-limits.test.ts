import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QueuedCheckout } from './order-drafts.ts';
import {
  countBought,
  type ItemLimit,
  isExceeded,
  listLimitStates,
  listLimits,
  type Purchases,
  toPurchaseId,
} from './purchase-limits.ts';
import { decideSettlements } from './settlement.ts';
import type { OrderStatus, PricedLine } from './vocabulary.ts';

const PLENTY = 1_000_000;
const ITEMS = ['p1.a', 'p1.b', 'p2.a'];
const DAY_MS = 86_400_000;

function line(variantId: string, quantity: number): PricedLine {
  const [productId = ''] = variantId.split('.');
  return { variantId, productId, shopId: 's', sku: 'x', title: 'A thing', quantity, unitPrice: 1 };
}

function checkout(id: string, purchaser: string, lines: readonly PricedLine[]): QueuedCheckout {
  return { id, purchaser, lines, total: 0 };
}

function limit(itemId: string, quantity: number, days?: number): ItemLimit {
  const [productId = ''] = itemId.split('.');
  return { itemId, productId, quantity, days };
}

test('only the units that remain in an order count', () => {
  const reduced = (
    kind: 'cancelled' | 'returned' | 'lost',
    variantId: string,
    quantity: number,
  ) => ({
    ...{ kind, isRestocked: false },
    lines: [{ variantId, quantity, amount: 0 }],
  });
  const order = {
    ...{ status: 'shipped' as const, placedAt: new Date(0) },
    lines: [line('p1.a', 5), line('p1.b', 2), line('p2.a', 9)],
    reductions: [reduced('cancelled', 'p1.a', 1), reduced('lost', 'p1.a', 1)],
  };
  const count = (itemId: string) => countBought(limit(itemId, 9), [order], new Date(1));
  expect(['p1', 'p1.a', 'p1.b', 'p2'].map(count)).toEqual([5, 3, 2, 9]);
});

function settle(
  checkouts: readonly QueuedCheckout[],
  limits: readonly ItemLimit[],
  bought: Readonly<Record<string, Purchases>> = {},
) {
  const purchases = new Map(
    limits.flatMap(({ itemId }) =>
      checkouts.map(({ purchaser = '' }): [string, Purchases] => {
        const id = toPurchaseId(itemId, purchaser);
        return [id, bought[id] ?? { bought: 0, version: 0 }];
      }),
    ),
  );
  const level = { productId: 'p', shopId: 's', onHand: PLENTY, reserved: 0, sold: 0, version: 1 };
  return decideSettlements({
    checkouts,
    stock: new Map(ITEMS.map((variantId) => [variantId, { ...level, variantId }])),
    variantIdsForSale: new Set(ITEMS),
    limits: new Map(limits.map((itemLimit) => [itemLimit.itemId, itemLimit])),
    purchases,
  });
}

const codes = ({ outcomes }: ReturnType<typeof settle>) =>
  outcomes.map((outcome) =>
    outcome.status === 'rejected' ? outcome.rejection.code : outcome.status,
  );

test('the limits of a product are its own and those of its variants', () => {
  const two = { quantity: 2 };
  const variants = [{ id: 'v1', purchaseLimit: { quantity: 1, days: 7 } }, { id: 'v2' }];
  expect(listLimits({ _id: 'p', purchaseLimit: two, variants })).toEqual([
    { itemId: 'p', productId: 'p', quantity: 2 },
    { itemId: 'v1', productId: 'p', quantity: 1, days: 7 },
  ]);
});

describe('a settled batch', () => {
  test('counts the variants of a product together, and each buyer alone', () => {
    const decision = settle(
      [
        checkout('1', 'ana', [line('p1.a', 1)]),
        checkout('2', 'ana', [line('p1.b', 2)]),
        checkout('3', 'bob', [line('p1.b', 2)]),
        checkout('4', 'ana', [line('p1.b', 1), line('p2.a', 50)]),
      ],
      [limit('p1', 2)],
    );
    expect(codes(decision)).toEqual(['placed', 'purchase_limit_reached', 'placed', 'placed']);
    expect(decision.outcomes[1]).toMatchObject({
      rejection: { productId: 'p1', variantId: 'p1.b', limit: 2, bought: 1, requested: 2 },
    });
    expect(decision.purchaseChanges).toEqual([
      { purchaseId: 'p1 ana', fromVersion: 0, toVersion: 2 },
      { purchaseId: 'p1 bob', fromVersion: 0, toVersion: 1 },
    ]);
  });

  test('adds to each order the limits that applied, with the versions of their purchases', () => {
    const { outcomes } = settle(
      [checkout('1', 'ana', [line('p1.a', 1), line('p2.a', 1)])],
      [limit('p1', 2, 7), limit('p1.a', 1), limit('p2.a', 9)],
      { 'p1 ana': { bought: 1, version: 4 } },
    );
    expect(outcomes).toMatchObject([
      {
        orders: [
          {
            limits: [
              { itemId: 'p1.a', quantity: 1, version: 1 },
              { itemId: 'p1', quantity: 2, days: 7, version: 5 },
              { itemId: 'p2.a', quantity: 9, version: 1 },
            ],
          },
        ],
      },
    ]);
  });

  test('reports the bought units even if the limit has been lowered below them', () => {
    const { outcomes } = settle([checkout('1', 'ana', [line('p1.a', 1)])], [limit('p1.a', 2)], {
      'p1.a ana': { bought: 5, version: 3 },
    });
    expect(outcomes).toMatchObject([{ rejection: { limit: 2, bought: 5, requested: 1 } }]);
  });

  test('never exceeds a limit, and refuses only checkouts that would exceed it', () => {
    const purchase = fc.record({
      buyer: fc.constantFrom('ana', 'bob'),
      units: fc
        .array(fc.nat(3), { minLength: 3, maxLength: 3 })
        .filter((counts) => counts.some(Boolean)),
    });
    const batch = fc.record({
      purchases: fc.array(purchase, { maxLength: 12 }),
      quantities: fc.record({
        p1: fc.integer({ min: 1, max: 9 }),
        b: fc.integer({ min: 1, max: 5 }),
      }),
    });
    fc.assert(
      fc.property(batch, ({ purchases, quantities }) => {
        const limits = [limit('p1', quantities.p1), limit('p1.b', quantities.b)];
        const checkouts = purchases.map(({ buyer, units }, at) =>
          checkout(
            `${at}`,
            buyer,
            ITEMS.flatMap((id, index) => (units[index] ? [line(id, units[index] ?? 0)] : [])),
          ),
        );
        const bought: Record<string, number> = {};
        const expected = purchases.map(({ buyer, units: [a = 0, b = 0] }) => {
          const [ofProduct = 0, ofB = 0] = [bought[`p1 ${buyer}`], bought[`p1.b ${buyer}`]];
          const isOver =
            (a + b > 0 && ofProduct + a + b > quantities.p1) || (b > 0 && ofB + b > quantities.b);
          if (isOver) return 'purchase_limit_reached';
          bought[`p1 ${buyer}`] = ofProduct + a + b;
          bought[`p1.b ${buyer}`] = ofB + b;
          return 'placed';
        });
        expect(codes(settle(checkouts, limits))).toEqual(expected);
      }),
    );
  });
});

describe('orders that count', () => {
  const at = new Date('2026-03-10T12:00:00Z');
  const order = (status: OrderStatus, daysAgo: number) => ({
    status,
    placedAt: new Date(at.getTime() - daysAgo * DAY_MS),
    lines: [line('p1.a', 2), line('p2.a', 50)],
  });

  test.each<[OrderStatus, number]>([
    ['pending', 2],
    ['confirmed', 2],
    ['shipped', 2],
    ['delivered', 2],
    ['cancelled', 0],
    ['expired', 0],
  ])('an order that is %s counts %i units', (status, units) => {
    expect(countBought(limit('p1', 9), [order(status, 400)], at)).toBe(units);
  });

  test('under a limit with days, an order counts for exactly that many days', () => {
    const week = limit('p1.a', 9, 7);
    expect(countBought(week, [order('delivered', 6.999)], at)).toBe(2);
    expect(countBought(week, [order('delivered', 7)], at)).toBe(0);
  });
});

test('a limit applies to the bought and the requested units together', () => {
  const limits = new Map([['p1', limit('p1', 3)]]);
  const purchases = new Map([['p1 ana', { bought: 2, version: 1 }]]);
  const isOver = (units: number) =>
    listLimitStates([line('p1.a', units)], 'ana', limits, purchases).map(isExceeded);
  expect([isOver(1), isOver(2)]).toEqual([[false], [true]]);
});
