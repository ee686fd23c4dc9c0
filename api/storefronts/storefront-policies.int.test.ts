import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { StorefrontPolicies } from './storefront-policies.ts';

const STOREFRONT = { shopId: 'shp_front', keyId: 'key_front' };

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a policy that was read before the seller changed it is not cached after the change', async () => {
  const policies = new StorefrontPolicies(store, manualClock());
  const sellerId = await givenShop(store);
  const maySell = async () =>
    (await policies.rightsOver(STOREFRONT, [sellerId])).get(sellerId)?.maySell;
  const find = store.shops.find.bind(store.shops);
  const reads = vi.spyOn(store.shops, 'find').mockImplementationOnce((filter, options) => {
    const cursor = find(filter, options);
    const toArray = cursor.toArray.bind(cursor);
    // The seller closes its shop to storefronts after the record was read and before the cache is
    // filled.
    vi.spyOn(cursor, 'toArray').mockImplementation(async () => {
      const records = await toArray();
      await store.shops.updateOne({ _id: sellerId }, { $set: { openToStorefronts: false } });
      policies.forget(sellerId);
      return records;
    });
    return cursor;
  });
  expect(await maySell()).toBe(true);
  expect(await maySell()).toBe(false);
  expect(await maySell()).toBe(false);
  expect(reads).toHaveBeenCalledTimes(2);
});
