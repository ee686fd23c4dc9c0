import { expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/runtime/clock.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { changeProduct } from './change-product.ts';
import { toProductRecord } from './create-product.ts';

function givenProduct(): ProductRecord {
  const variants = ['KEPT', 'REMOVED'].map((sku) => ({
    sku,
    price: 100,
    currency: 'GBP' as const,
  }));
  return toProductRecord('shp_1', { title: 'Chair', type: 'furniture', variants }, new Date());
}

/**
 * Returns a store with one product.
 * @param lostCommits the number of commits whose response is lost
 */
function storeWith(product: ProductRecord, lostCommits = 0) {
  let stored = product;
  let commits = 0;
  const session = {
    startTransaction: () => undefined,
    inTransaction: () => false,
    endSession: async () => undefined,
    commitTransaction: async () => {
      commits += 1;
      if (commits <= lostCommits)
        throw Object.assign(new Error('lost'), { name: 'MongoNotConnectedError' });
    },
  };
  const products = {
    findOne: async () => stored,
    replaceOne: vi.fn(async (_filter: object, changed: ProductRecord) => {
      stored = changed;
    }),
  };
  return { connection: { startSession: async () => session }, products };
}

/** Returns a request of the shop, and the price cache that it uses. */
function toRequest(store: ReturnType<typeof storeWith>) {
  const priceCache = { forget: vi.fn() };
  const context = { store, clock: systemClock, priceCache };
  const request = { context, principal: { shopId: 'shp_1' }, requestId: 'req_1' };
  return { request: request as unknown as Parameters<typeof changeProduct>[0], priceCache };
}

test('after a commit whose response was lost, a change is made once and the offers of removed variants are forgotten', async () => {
  const product = givenProduct();
  const [kept, removed] = product.variants;
  const store = storeWith(product, 1);
  const { request, priceCache } = toRequest(store);
  const target = { productId: product._id, ifMatch: '"r1"' };
  const changed = await changeProduct(request, target, async (current) => ({
    ...current,
    variants: current.variants.slice(0, 1),
  }));
  expect(changed).toMatchObject({ before: product, product: { revision: 2 }, isChanged: true });
  expect(store.products.replaceOne).toHaveBeenCalledOnce();
  const forgottenIds = priceCache.forget.mock.calls.map(([id]) => id);
  expect(new Set(forgottenIds)).toEqual(new Set([kept?.id, removed?.id]));
});

test('a deleted product has no words in the search index', async () => {
  const product = givenProduct();
  expect(product.listed?.words).not.toEqual([]);
  const { request } = toRequest(storeWith(product));
  const target = { productId: product._id, ifMatch: undefined };
  const deleted = await changeProduct(request, target, async (current) => ({
    ...current,
    status: 'deleted' as const,
  }));
  expect(deleted.product).toMatchObject({ status: 'deleted', listed: { words: [] } });
});
