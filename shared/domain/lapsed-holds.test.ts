import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addLapse, LAPSES_MAX } from './lapsed-holds.ts';
import type { QueuedCheckout } from './order-drafts.ts';
import { decideSettlements } from './settlement.ts';
import type { StockLevel } from './vocabulary.ts';

const ORDERS = ['ord_1', 'ord_2', 'ord_3'];
const LAPSED = { productId: 'prd_1', orderIds: ORDERS };
const LEVEL: StockLevel = {
  ...{ variantId: 'var_1', productId: 'prd_1', shopId: 'shp_1' },
  ...{ onHand: 5, reserved: 0, sold: 0, version: 1 },
};

interface Wish {
  readonly quantity: number;
  readonly isLapsed?: boolean;
  readonly mayWait?: boolean;
  readonly isOver?: boolean;
}

function toCheckout({ quantity, isLapsed, mayWait, isOver = false }: Wish, n: number) {
  const { variantId, productId, shopId } = LEVEL;
  const own = { variantId, productId, shopId, sku: 'A', title: 'A thing', unitPrice: 100 };
  const wait = { isWaiting: false, isOver, ...(isLapsed && { isBehind: true }) };
  return {
    ...{ id: `chk_${n}`, lines: [{ ...own, quantity }], total: quantity * own.unitPrice },
    ...(isLapsed && { lapsed: LAPSED }),
    ...(mayWait && { wait }),
  };
}

function settle(checkouts: readonly QueuedCheckout[], onHand = LEVEL.onHand) {
  return decideSettlements({
    checkouts,
    stock: new Map([[LEVEL.variantId, { ...LEVEL, onHand }]]),
    variantIdsForSale: new Set([LEVEL.variantId]),
  });
}

const settleWishes = (wishes: readonly Wish[]) => settle(wishes.map(toCheckout)).outcomes;
const refusal = { code: 'too_many_lapsed_holds', productId: 'prd_1', lapsedOrderIds: ORDERS };

test('only the last LAPSES_MAX lapses are kept', () => {
  const orderIds = ['a', 'b', 'c', 'd'].reduce<readonly string[]>(addLapse, []);
  expect(orderIds).toEqual(['b', 'c', 'd']);
  expect(orderIds).toHaveLength(LAPSES_MAX);
});

describe('a buyer whose holds lapsed', () => {
  test('is refused even if units are free, and takes none', () => {
    const outcomes = settleWishes([{ quantity: 5, isLapsed: true }, { quantity: 5 }]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', rejection: { ...refusal, variantId: 'var_1', requested: 5 } },
      { status: 'placed' },
    ]);
  });

  test('is refused as out_of_stock if units are missing', () => {
    const [outcome] = settleWishes([{ quantity: 6, isLapsed: true }]);
    expect(outcome).toMatchObject({ rejection: { code: 'out_of_stock', available: 5 } });
  });

  test('with a checkout that may wait is served after all others if enough units are left, and otherwise waits', () => {
    const behind = { isLapsed: true, mayWait: true };
    const outcomes = settleWishes([{ quantity: 2, ...behind }, { quantity: 3 }]);
    expect(outcomes.map(({ status }) => status)).toEqual(['placed', 'placed']);
    const short = settleWishes([{ quantity: 2, ...behind }, { quantity: 4 }]);
    expect(short).toMatchObject([{ status: 'waiting', shortage: refusal }, { status: 'placed' }]);
  });

  test('is refused when the checkout’s time to wait is over, even if units are free', () => {
    const wish = { quantity: 1, isLapsed: true, mayWait: true, isOver: true };
    expect(settleWishes([wish])).toMatchObject([{ status: 'rejected', rejection: refusal }]);
  });
});

const wish = fc.record({
  quantity: fc.integer({ min: 1, max: 4 }),
  isLapsed: fc.boolean(),
  mayWait: fc.boolean(),
  isOver: fc.boolean(),
});

test('buyers whose holds lapsed change neither the outcomes of other buyers nor the versions in them', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 12 }), fc.nat(20), (wishes, onHand) => {
      const checkouts = wishes.map(toCheckout);
      const others = checkouts.filter(({ lapsed }) => lapsed === undefined);
      const otherIds = new Set(others.map(({ id }) => id));
      const outcomes = settle(checkouts, onHand).outcomes.filter((outcome) =>
        otherIds.has(outcome.checkoutId),
      );
      expect(outcomes).toEqual(settle(others, onHand).outcomes);
    }),
  );
});

test('a checkout behind others is placed if it may still wait and enough units are left', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 12 }), fc.nat(20), (wishes, onHand) => {
      const { outcomes, stockChanges } = settle(wishes.map(toCheckout), onHand);
      const taken = stockChanges[0]?.delta.reserved ?? 0;
      wishes.forEach(({ isLapsed, mayWait, isOver, quantity }, index) => {
        if (!isLapsed) return;
        const status = outcomes[index]?.status;
        if (!mayWait || isOver) expect(status).toBe('rejected');
        else if (status !== 'placed') expect(quantity).toBeGreaterThan(onHand - taken);
      });
    }),
  );
});
