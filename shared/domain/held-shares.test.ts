import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HeldShare, heldUnitsMax, holdableUnits } from './held-shares.ts';
import type { QueuedCheckout } from './order-drafts.ts';
import { decideSettlements } from './settlement.ts';
import type { StockLevel } from './vocabulary.ts';

const SHOP = 'shp_1';
const PRICE = 100;

describe('the units of a share', () => {
  test.each([
    [0, 10, 0],
    [0.5, 1, 0],
    [0.5, 5, 2],
    [1, 7, 7],
    // 0.29 × 100 is 28.999999999999996 in floating point.
    [0.29, 100, 29],
    [0.1, 1_000_000_000, 100_000_000],
  ])('a share of %d of %d units is %d units', (share, onHand, units) => {
    expect(heldUnitsMax(share, { onHand })).toBe(units);
  });

  test('a percentage of units is computed as with whole numbers', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(percent, fc.integer({ min: 0, max: 1_000_000_000 }), (share, onHand) => {
        expect(heldUnitsMax(share / 100, { onHand })).toBe(Math.floor((share * onHand) / 100));
      }),
    );
  });

  test('no more units may be held if a lowered share is already exceeded', () => {
    expect(holdableUnits(0.5, { onHand: 10, heldByUnlisted: 7 })).toBe(0);
  });
});

test('without a limit, a wrong counter refuses no one', () => {
  const level = { onHand: 10, heldByUnlisted: 12 };
  const { outcomes } = settle([{ quantity: 10, share: 1 }], level);
  expect(outcomes).toMatchObject([{ status: 'placed' }]);
});

interface Wanted {
  readonly quantity: number;
  readonly share: number | undefined;
}

function settle(wanted: readonly Wanted[], level: Partial<StockLevel>) {
  const checkouts = wanted.map(({ quantity, share }, index): QueuedCheckout => {
    const owner = { variantId: 'v', productId: 'p', shopId: SHOP };
    const line = { ...owner, sku: 's', title: 't', quantity, unitPrice: PRICE };
    const heldShares: HeldShare[] = [{ shopId: SHOP, heldShareMax: share ?? 1 }];
    const common = { id: `c${index}`, lines: [line], total: quantity * PRICE };
    return { ...common, ...(share !== undefined && { heldShares }) };
  });
  const counters = { onHand: 0, reserved: 0, sold: 0, version: 3 };
  const stock = new Map([
    ['v', { variantId: 'v', productId: 'p', shopId: SHOP, ...counters, ...level }],
  ]);
  return decideSettlements({ checkouts, stock, variantIdsForSale: new Set(['v']) });
}

describe('settling checkouts of storefronts that the seller does not list', () => {
  test('checkouts beyond the share are refused, and listed storefronts get the other units', () => {
    const unlisted = { quantity: 3, share: 0.5 };
    const listed = { quantity: 5, share: undefined };
    const { outcomes, stockChanges } = settle([unlisted, unlisted, listed], { onHand: 10 });
    expect(outcomes).toMatchObject([
      { status: 'placed' },
      {
        rejection: { code: 'held_share_reached', variantId: 'v', requested: 3, available: 2 },
      },
      { status: 'placed' },
    ]);
    expect(stockChanges).toEqual([
      {
        ...{ variantId: 'v', fromVersion: 3, toVersion: 5, heldByUnlisted: 3 },
        delta: { onHand: 0, reserved: 8, sold: 0 },
      },
    ]);
  });

  test('missing units are reported before an exhausted share', () => {
    const { outcomes } = settle([{ quantity: 3, share: 0 }], { onHand: 2 });
    expect(outcomes).toMatchObject([{ rejection: { code: 'out_of_stock' } }]);
  });

  test('if checkouts have different settings of a seller, the last accepted one decides', () => {
    const wanted = [
      { quantity: 2, share: 1 },
      { quantity: 2, share: 0.2 },
    ];
    const { outcomes } = settle(wanted, { onHand: 10 });
    expect(outcomes.map(({ status }) => status)).toEqual(['placed', 'rejected']);
  });

  test('unlisted storefronts never hold more than their share, and listed storefronts are not affected', () => {
    const anyShare = fc.constantFrom(undefined, 0.3);
    const wanted = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), share: anyShare });
    const level = fc
      .record({ onHand: fc.nat(30), reserved: fc.nat(30), heldByUnlisted: fc.nat(30) })
      .filter(({ onHand, reserved, heldByUnlisted }) => {
        return heldByUnlisted <= reserved && reserved <= onHand;
      });
    fc.assert(
      fc.property(fc.array(wanted, { maxLength: 12 }), level, (checkouts, before) => {
        const { outcomes, stockChanges } = settle(checkouts, before);
        const taken = stockChanges[0]?.heldByUnlisted ?? 0;
        const max = Math.floor((3 * before.onHand) / 10);
        if (taken > 0) expect(before.heldByUnlisted + taken).toBeLessThanOrEqual(max);
        const placed = checkouts.filter((_, index) => outcomes[index]?.status === 'placed');
        const unlisted = placed.filter(({ share }) => share !== undefined);
        expect(taken).toBe(unlisted.reduce((sum, { quantity }) => sum + quantity, 0));
        let free = before.onHand - before.reserved;
        for (const [index, { quantity, share }] of checkouts.entries()) {
          const isPlaced = outcomes[index]?.status === 'placed';
          if (share === undefined) expect(isPlaced).toBe(quantity <= free);
          if (isPlaced) free -= quantity;
        }
      }),
    );
  });
});
