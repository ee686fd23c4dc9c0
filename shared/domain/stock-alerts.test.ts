import { expect, test } from 'vitest';
import { stockAlerts } from './stock-alerts.ts';
import type { StockLevel } from './vocabulary.ts';

function level(onHand: number, reserved: number, lowStockThreshold?: number): StockLevel {
  const ids = { variantId: 'v', productId: 'p', shopId: 's' };
  const counters = { onHand, reserved, sold: 0, version: 1 };
  return { ...ids, ...counters, ...(lowStockThreshold !== undefined && { lowStockThreshold }) };
}

test.each([
  ['stays above', level(10, 0, 5), level(10, 4, 5), []],
  ['falls to the threshold', level(10, 0, 5), level(10, 5, 5), ['stock.low']],
  ['falls further below the threshold', level(10, 5, 5), level(10, 8, 5), []],
  [
    'falls from above the threshold to 0',
    level(10, 0, 5),
    level(10, 10, 5),
    ['stock.low', 'stock.depleted'],
  ],
  ['falls from below the threshold to 0', level(10, 8, 5), level(10, 10, 5), ['stock.depleted']],
  ['has no threshold', level(10, 0), level(10, 9), []],
  ['has no threshold and runs out', level(10, 0), level(10, 10), ['stock.depleted']],
  ['falls to its threshold of 0', level(1, 0, 0), level(1, 1, 0), ['stock.low', 'stock.depleted']],
  ['rises', level(10, 10, 5), level(10, 0, 5), []],
  ['is written off', level(10, 0, 5), level(3, 0, 5), ['stock.low']],
  ['was already at 0', level(0, 0, 5), level(0, 0, 5), []],
])('the alerts of a level that %s', (_, before, after, alerts) => {
  expect(stockAlerts(before, after)).toEqual(alerts);
});
