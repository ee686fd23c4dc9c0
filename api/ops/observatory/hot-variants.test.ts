import { expect, test } from 'vitest';
import { HotVariants } from './hot-variants.ts';

let count = 0;

function asking(...variantIds: string[]) {
  count += 1;
  const lines = variantIds.map((variantId) => ({ variantId, sku: `SKU ${variantId}`, title: 'T' }));
  return { _id: `chk_${String(count).padStart(6, '0')}`, lines };
}

const idsOf = (hot: HotVariants, size: number) => hot.top(size).map(({ variantId }) => variantId);

test('the variants of most checkouts come first', () => {
  const hot = new HotVariants();
  hot.add([asking('a', 'b'), asking('b'), asking('c', 'b'), asking('c')]);
  expect(idsOf(hot, 2)).toEqual(['b', 'c']);
  expect(hot.top(1)).toEqual([{ variantId: 'b', sku: 'SKU b', title: 'T' }]);
});

test('a checkout that is read again counts once', () => {
  const hot = new HotVariants();
  const first = [asking('a'), asking('a'), asking('b')];
  hot.add(first);
  for (let round = 0; round < 10; round += 1) hot.add([...first].reverse());
  hot.add([...first, asking('b'), asking('b')]);
  expect(idsOf(hot, 2)).toEqual(['b', 'a']);
});

test('new checkouts outweigh old ones, and the ranking stays the same without new ones', () => {
  const hot = new HotVariants();
  hot.add(Array.from({ length: 20 }, () => asking('old')));
  for (let round = 0; round < 30; round += 1) hot.add([asking('new')]);
  expect(idsOf(hot, 2)).toEqual(['new', 'old']);
  hot.add([]);
  expect(idsOf(hot, 2)).toEqual(['new', 'old']);
});

test('of very many variants, the ones with the fewest checkouts are dropped', () => {
  const hot = new HotVariants();
  hot.add([asking('hot'), asking('hot')]);
  hot.add(Array.from({ length: 3_000 }, (_, index) => asking(`cold-${index}`)));
  expect(hot.top(5_000)).toHaveLength(1_000);
  expect(idsOf(hot, 1)).toEqual(['hot']);
});
