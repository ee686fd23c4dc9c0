import { expect, test } from 'vitest';
import { findPurchaseDifferences, type LimitedPurchase } from './purchases.ts';

const START = Date.UTC(2026, 2, 1);
const DAY_MS = 86_400_000;

function purchase(version: number, changes: Partial<LimitedPurchase> = {}): LimitedPurchase {
  return {
    orderId: `o${version}`,
    buyerKey: 'ana',
    status: 'confirmed',
    placedAt: new Date(START + version * DAY_MS),
    lines: [{ variantId: 'v', productId: 'p', quantity: 1 }],
    kept: { itemId: 'p', quantity: 2, version },
    ...changes,
  };
}

const find = (...purchases: LimitedPurchase[]) => findPurchaseDifferences('p', purchases);
const withinDays = (version: number, days: number) =>
  purchase(version, { kept: { itemId: 'p', quantity: 1, days, version } });

test.each<[string, LimitedPurchase[]]>([
  ['within the limit', [purchase(1), purchase(2)]],
  [
    'of two buyers, each within the limit',
    [purchase(1), purchase(2), purchase(1, { buyerKey: 'bob' })],
  ],
  ['of which one was cancelled', [purchase(1, { status: 'cancelled' }), purchase(2), purchase(3)]],
  [
    'before the limit was lowered',
    [
      purchase(1),
      purchase(2),
      purchase(3, { status: 'cancelled', kept: { itemId: 'p', quantity: 1, version: 3 } }),
    ],
  ],
  ['too far apart to count together', [withinDays(1, 1), withinDays(2, 1), withinDays(3, 1)]],
])('orders %s are sound', (_, purchases) => {
  expect(find(...purchases)).toEqual([]);
});

test('an order beyond the limit is found in any sequence of the orders', () => {
  const exceeded = { itemId: 'p', buyerKey: 'ana', kind: 'purchase_limit_exceeded' };
  expect(find(purchase(3), purchase(1), purchase(2))).toEqual([
    { ...exceeded, orderId: 'o3', bought: 3, limit: 2 },
  ]);
  expect(find(withinDays(1, 2), withinDays(2, 2))).toEqual([
    { ...exceeded, orderId: 'o2', bought: 2, limit: 1 },
  ]);
});

test('two purchases with the same version are found: one was decided without the other', () => {
  expect(find(purchase(1), purchase(1, { orderId: 'other' }))).toEqual([
    { itemId: 'p', buyerKey: 'ana', kind: 'purchase_version_clash', version: 1 },
  ]);
});

/** A purchase that expired and took its units again on the given day. */
function reacquired(version: number, day: number, changes: Partial<LimitedPurchase> = {}) {
  const since = new Date(START + (day - 1) * DAY_MS);
  const kept = { itemId: 'p', quantity: 1, days: 1, version, since };
  return purchase(version, { placedAt: new Date(START), kept, purchaseLimits: [kept], ...changes });
}

test('an order that took its units again counts from that time, as in the settlement', () => {
  const exceeded = { itemId: 'p', buyerKey: 'ana', kind: 'purchase_limit_exceeded', limit: 1 };
  expect(find(reacquired(4, 5), withinDays(5, 1))).toEqual([
    { ...exceeded, orderId: 'o5', bought: 2 },
  ]);
  expect(find(reacquired(4, 4), withinDays(5, 1))).toEqual([]);
  const lines = [{ variantId: 'v', productId: 'p', quantity: 2 }];
  expect(find(reacquired(4, 5, { lines }))).toEqual([{ ...exceeded, orderId: 'o4', bought: 2 }]);
});
