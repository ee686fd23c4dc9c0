import { describe, expect, test } from 'vitest';
import { CheckoutTally } from './checkout-tally.ts';

function countCheckouts(
  status: string,
  shopIds: string[],
  orderShopIds: string[],
  rejectionCode?: string,
) {
  const tally = new CheckoutTally();
  tally.add({ id: 'c', status, rejectionCode, shopIds, orderShopIds });
  return tally.counts;
}

const none = {
  queued: 0,
  waiting: 0,
  placed: 0,
  rejected: 0,
  failed: 0,
  incomplete: 0,
  duplicated: 0,
};

describe('the counts of one checkout', () => {
  test.each<[string, string, string[], string[], object]>([
    ['placed with all its orders', 'placed', ['a', 'b'], ['a', 'b'], { placed: 1 }],
    [
      'placed without the order of one shop',
      'placed',
      ['a', 'b'],
      ['a'],
      { placed: 1, incomplete: 1 },
    ],
    [
      'placed with an order of another shop',
      'placed',
      ['a'],
      ['a', 'b'],
      { placed: 1, duplicated: 1 },
    ],
    ['rejected without a reason', 'rejected', ['a'], [], { queued: 1 }],
    ['failed, and with an order', 'failed', ['a'], ['a'], { failed: 1, duplicated: 1 }],
    ['queued', 'queued', ['a'], [], { queued: 1 }],
    ['waiting', 'waiting', ['a'], [], { waiting: 1 }],
    ['waiting, and with an order', 'waiting', ['a'], ['a'], { waiting: 1, duplicated: 1 }],
    ['with an impossible status', 'gone', ['a'], [], { queued: 1 }],
  ])('%s', (_, status, shopIds, orderShopIds, expected) => {
    expect(countCheckouts(status, shopIds, orderShopIds)).toEqual({
      ...none,
      accepted: 1,
      ...expected,
    });
  });
});

describe('the counts of a rejected checkout', () => {
  test.each<[string, string[], string, object]>([
    ['without an order', [], 'out_of_stock', { rejected: 1 }],
    ['with an order', ['a'], 'withdrawn', { rejected: 1, duplicated: 1 }],
    ['with an unknown reason', [], 'sold_out', { queued: 1 }],
  ])('%s', (_, orderShopIds, code, expected) => {
    const counts = countCheckouts('rejected', ['a'], orderShopIds, code);
    expect(counts).toEqual({ ...none, accepted: 1, ...expected });
  });
});

test('a checkout with several surplus orders counts once', () => {
  const tally = new CheckoutTally();
  tally.addSurplusOrder('c');
  tally.addSurplusOrder('c');
  tally.addSurplusOrder('d');
  expect(tally.counts.duplicated).toBe(2);
});
