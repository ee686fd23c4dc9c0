import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shopParts } from './lines.ts';
import type { QueuedCheckout } from './order-drafts.ts';
import { decideSettlements } from './settlement.ts';
import type { PricedLine, StockLevel } from './vocabulary.ts';

/**
 * Creates a line. Ids of variants have the form `<shop>.<product>.<variant>`, for readable carts.
 */
function line(variantId: string, quantity = 1, unitPrice = 100): PricedLine {
  const [shopId = '', product = ''] = variantId.split('.');
  const productId = `${shopId}.${product}`;
  return { variantId, productId, shopId, sku: variantId, title: 'A thing', quantity, unitPrice };
}

function checkout(id: string, ...lines: PricedLine[]): QueuedCheckout {
  const total = lines.reduce((sum, priced) => sum + priced.quantity * priced.unitPrice, 0);
  return { id, lines, total };
}

function level(variantId: string, available: number, version = 10): StockLevel {
  const { productId, shopId } = line(variantId);
  const counters = { onHand: available + 3, reserved: 3, sold: 0, version };
  return { variantId, productId, shopId, ...counters };
}

function settle(checkouts: readonly QueuedCheckout[], levels: readonly StockLevel[], hidden = '') {
  return decideSettlements({
    checkouts,
    stock: new Map(levels.map((stockLevel) => [stockLevel.variantId, stockLevel])),
    variantIdsForSale: new Set(
      levels
        .filter((stockLevel) => stockLevel.productId !== hidden)
        .map((stockLevel) => stockLevel.variantId),
    ),
  });
}

describe('an order that costs nothing', () => {
  const levels = [level('s1.shirt.red', 9), level('s2.sock.blue', 9)];
  const placeOrders = (free: QueuedCheckout) => {
    const [outcome] = settle([free], levels).outcomes;
    if (outcome?.status !== 'placed') throw new Error('the checkout was not placed');
    return outcome.orders.map(({ shopId, total, isConfirmed }) => ({ shopId, total, isConfirmed }));
  };
  const gift = line('s1.shirt.red', 2, 0);

  test('is confirmed only if its storefront may confirm', () => {
    const free = checkout('a', gift);
    expect(placeOrders({ ...free, confirmFreeOf: ['s1'] })).toMatchObject([{ isConfirmed: true }]);
    expect(placeOrders(free)).toMatchObject([{ isConfirmed: false }]);
    expect(placeOrders({ ...free, confirmFreeOf: ['s2'] })).toMatchObject([{ isConfirmed: false }]);
  });

  test('is confirmed even if only its discounts make it free', () => {
    const reduced = { ...checkout('a', { ...line('s1.shirt.red'), discount: 100 }), total: 0 };
    expect(placeOrders({ ...reduced, confirmFreeOf: ['s1'] })).toMatchObject([
      { isConfirmed: true },
    ]);
  });

  test('is confirmed although other orders of its checkout must be paid', () => {
    const both = checkout('a', gift, line('s2.sock.blue'));
    expect(placeOrders({ ...both, confirmFreeOf: ['s1', 's2'] })).toEqual([
      { shopId: 's1', total: 0, isConfirmed: true },
      { shopId: 's2', total: 100, isConfirmed: false },
    ]);
  });
});

describe('given 2 units', () => {
  const levels = [level('s1.shirt.red', 2)];

  test('of three checkouts for one unit each, two are placed and the refusal names the version', () => {
    const ids = ['a', 'b', 'c'];
    const { outcomes, stockChanges } = settle(
      ids.map((id) => checkout(id, line('s1.shirt.red'))),
      levels,
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['placed', 'placed', 'rejected']);
    expect(outcomes[2]).toEqual({
      checkoutId: 'c',
      status: 'rejected',
      rejection: {
        code: 'out_of_stock',
        variantId: 's1.shirt.red',
        requested: 1,
        available: 0,
        version: 12,
      },
    });
    expect(stockChanges).toEqual([
      {
        variantId: 's1.shirt.red',
        fromVersion: 10,
        toVersion: 12,
        delta: { onHand: 0, reserved: 2, sold: 0 },
      },
    ]);
  });

  test('a checkout that is too large is refused, and later checkouts are served', () => {
    const checkouts = [
      checkout('a', line('s1.shirt.red', 3)),
      checkout('b', line('s1.shirt.red', 2)),
    ];
    expect(settle(checkouts, levels).outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'placed',
    ]);
  });

  test('a product that is no longer for sale is refused, even with units', () => {
    const { outcomes, stockChanges } = settle(
      [checkout('a', line('s1.shirt.red'))],
      levels,
      's1.shirt',
    );
    expect(outcomes[0]).toMatchObject({
      rejection: { code: 'product_unavailable', variantId: 's1.shirt.red' },
    });
    expect(stockChanges).toEqual([]);
  });

  test('a variant that was removed from its product is refused, even with units', () => {
    const { outcomes, stockChanges } = decideSettlements({
      checkouts: [checkout('a', line('s1.shirt.red'))],
      stock: new Map(levels.map((stockLevel) => [stockLevel.variantId, stockLevel])),
      variantIdsForSale: new Set(['s1.shirt.blue']),
    });
    expect(outcomes[0]).toMatchObject({
      rejection: { code: 'product_unavailable', variantId: 's1.shirt.red' },
    });
    expect(stockChanges).toEqual([]);
  });

  test('a variant without a stock level is not available', () => {
    const { outcomes } = settle([checkout('a', line('s1.shirt.blue'))], levels);
    expect(outcomes[0]).toMatchObject({ rejection: { code: 'product_unavailable' } });
  });

  test('a total other than the expected one is refused', () => {
    const whole = checkout('a', line('s1.shirt.red'));
    const checkouts = [
      { ...whole, expectedTotal: 99 },
      { ...whole, id: 'b', expectedTotal: 100 },
    ];
    const { outcomes } = settle(checkouts, levels);
    expect(outcomes[0]).toMatchObject({ rejection: { code: 'price_changed' } });
    expect(outcomes[1]).toMatchObject({ status: 'placed' });
  });
});

describe('a checkout of two shops', () => {
  const cart = checkout('a', line('s1.shirt.red', 2), line('s2.lamp.x'), line('s1.sock.y', 1, 50));

  test('becomes one order for each shop, with its lines, total and versions', () => {
    const levels = cart.lines.map((cartLine, index) => level(cartLine.variantId, 5, index));
    const { outcomes } = settle([cart], levels);
    expect(outcomes[0]).toMatchObject({
      status: 'placed',
      orders: [
        {
          shopId: 's1',
          subtotal: 250,
          discount: 0,
          total: 250,
          lines: [{ version: 1 }, { version: 3 }],
        },
        { shopId: 's2', total: 100, lines: [{ variantId: 's2.lamp.x', version: 2 }] },
      ],
    });
  });

  test('takes no units if the units of one line are not available', () => {
    const levels = [level('s1.shirt.red', 5), level('s2.lamp.x', 0), level('s1.sock.y', 5)];
    const { outcomes, stockChanges } = settle([cart], levels);
    expect(outcomes[0]).toMatchObject({ rejection: { variantId: 's2.lamp.x', available: 0 } });
    expect(stockChanges).toEqual([]);
  });
});

test('for any batch: outcomes in its order, nothing oversold, a version for every order line', () => {
  const variants = ['s1.a.x', 's1.b.x', 's2.c.x'];
  const cart = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 });
  const available = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(cart, { maxLength: 25 }), available, (carts, free) => {
      const checkouts = carts.map((quantities, index) =>
        checkout(
          `c${index}`,
          ...variants.flatMap((id, at) => (quantities[at] ? [line(id, quantities[at])] : [])),
        ),
      );
      const levels = variants.map((id, index) => level(id, free[index] ?? 0));
      const { outcomes, stockChanges } = settle(checkouts, levels);
      expect(outcomes.map(({ checkoutId }) => checkoutId)).toEqual(checkouts.map(({ id }) => id));
      const taken = outcomes.flatMap((outcome) =>
        outcome.status === 'placed' ? outcome.orders.flatMap((order) => order.lines) : [],
      );
      variants.forEach((variantId, index) => {
        const own = taken.filter((orderLine) => orderLine.variantId === variantId);
        const units = own.reduce((sum, orderLine) => sum + orderLine.quantity, 0);
        expect(units).toBeLessThanOrEqual(free[index] ?? 0);
        expect(own.map((orderLine) => orderLine.version)).toEqual(own.map((_, at) => 11 + at));
        const change = stockChanges.find((stockChange) => stockChange.variantId === variantId);
        expect(change?.delta.reserved ?? 0).toBe(units);
      });
    }),
  );
});

test('the parts of a checkout hold all its lines and sum to its total', () => {
  const lines = fc.array(
    fc
      .tuple(fc.constantFrom('s1.a.x', 's2.b.x', 's3.c.x'), fc.nat(9), fc.nat(999))
      .map(([id, quantity, price]) => line(id, quantity + 1, price)),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(lines, (anyLines) => {
      const parts = shopParts(anyLines);
      expect(parts.flatMap((part) => part.lines).length).toBe(anyLines.length);
      expect(new Set(parts.map((part) => part.shopId)).size).toBe(parts.length);
      for (const part of parts) {
        expect(part.lines.every((partLine) => partLine.shopId === part.shopId)).toBe(true);
        expect(part.total).toBe(part.subtotal - part.discount);
      }
      const total = anyLines.reduce(
        (sum, anyLine) => sum + anyLine.quantity * anyLine.unitPrice,
        0,
      );
      expect(parts.reduce((sum, part) => sum + part.total, 0)).toBe(total);
    }),
  );
});
