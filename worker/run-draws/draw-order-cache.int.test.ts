import { afterEach, expect, test, vi } from 'vitest';
import { toDrawDraft } from '../../shared/ledger/testing/given-draws.ts';
import { toDrawOrder } from '../../shared/runtime/draw-order.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { DrawOrderCache } from './draw-order-cache.ts';

const store = await openTestStore(testNamespace());

afterEach(() => {
  vi.restoreAllMocks();
});

/** Stores the entries of a closed draw, and returns the draw and the order of its entries. */
async function givenClosed(entryCount: number) {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const { draw, seed } = toDrawDraft(variant, 1);
  const ids = Array.from({ length: entryCount }, () => newId('chk'));
  const entries = ids.map((_id) => ({ _id, drawId: draw._id, buyer: _id }));
  if (entryCount > 0) await rawCollection(store, 'drawEntries').insertMany(entries);
  return { draw: { ...draw, seed, entryCount }, order: toDrawOrder(seed, ids) };
}

test('the orders of many draws that are read in turn are loaded once each', async () => {
  const sizes = [...Array.from({ length: 12 }, () => 3), 0];
  const draws = await Promise.all(sizes.map(givenClosed));
  const loads = vi.spyOn(store.drawEntries, 'find');
  const cache = new DrawOrderCache(store);
  for (let round = 1; round <= 2; round += 1) {
    for (const { draw, order } of draws) expect(await cache.get(draw)).toEqual(order);
  }
  expect(loads).toHaveBeenCalledTimes(draws.length);
});

test('the cache keeps no more entries than its bound', async () => {
  const large = await givenClosed(4);
  const small = await givenClosed(1);
  const other = await givenClosed(2);
  const loads = vi.spyOn(store.drawEntries, 'find');
  const cache = new DrawOrderCache(store, 5);
  for (const { draw } of [large, small, large]) await cache.get(draw);
  expect(loads).toHaveBeenCalledTimes(2);
  await cache.get(other.draw);
  expect(loads).toHaveBeenCalledTimes(3);
  expect(await cache.get(large.draw)).toEqual(large.order);
  expect(loads).toHaveBeenCalledTimes(4);
});
