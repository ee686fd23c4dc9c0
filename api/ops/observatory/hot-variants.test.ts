import { expect, test } from 'vitest';
import { HotVariants } from './hot-variants.ts';

let count = 0;

function toCheckout(...variantIds: string[]) {
  count += 1;
  const lines = variantIds.map((variantId) => ({ variantId, sku: `SKU ${variantId}`, title: 'T' }));
  return { _id: `chk_${String(count).padStart(6, '0')}`, lines };
}

const idsOf = (hot: HotVariants, size: number) => hot.top(size).map(({ variantId }) => variantId);

test('the variants with the most checkouts come first', () => {
  const hot = new HotVariants();
  hot.add([toCheckout('a', 'b'), toCheckout('b'), toCheckout('c', 'b'), toCheckout('c')]);
  expect(idsOf(hot, 2)).toEqual(['b', 'c']);
  expect(hot.top(1)).toEqual([{ variantId: 'b', sku: 'SKU b', title: 'T' }]);
});

test('a checkout that is read again counts once', () => {
  const hot = new HotVariants();
  const first = [toCheckout('a'), toCheckout('a'), toCheckout('b')];
  hot.add(first);
  for (let round = 0; round < 10; round += 1) hot.add([...first].reverse());
  hot.add([...first, toCheckout('b'), toCheckout('b')]);
  expect(idsOf(hot, 2)).toEqual(['b', 'a']);
});

test('new checkouts outweigh old checkouts, and without new checkouts the ranking stays the same', () => {
  const hot = new HotVariants();
  hot.add(Array.from({ length: 20 }, () => toCheckout('old')));
  for (let round = 0; round < 30; round += 1) hot.add([toCheckout('new')]);
  expect(idsOf(hot, 2)).toEqual(['new', 'old']);
  hot.add([]);
  expect(idsOf(hot, 2)).toEqual(['new', 'old']);
});

test('only the 1,000 variants with the most checkouts are remembered', () => {
  const hot = new HotVariants();
  hot.add([toCheckout('hot'), toCheckout('hot')]);
  hot.add(Array.from({ length: 3_000 }, (_, index) => toCheckout(`cold-${index}`)));
  expect(hot.top(5_000)).toHaveLength(1_000);
  expect(idsOf(hot, 1)).toEqual(['hot']);
});
