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

/** Returns a store with one product, in which the response to the first commit is lost. */
function storeThatLosesACommit(product: ProductRecord) {
  let stored = product;
  let commits = 0;
  const session = {
    startTransaction: () => undefined,
    inTransaction: () => false,
    endSession: async () => undefined,
    commitTransaction: async () => {
      commits += 1;
      if (commits === 1) throw Object.assign(new Error('lost'), { name: 'MongoNotConnectedError' });
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

test('after a commit whose response was lost, a change is made once and the offers of removed variants are forgotten', async () => {
  const product = givenProduct();
  const [kept, removed] = product.variants;
  const store = storeThatLosesACommit(product);
  const priceCache = { forget: vi.fn() };
  const context = { store, clock: systemClock, priceCache };
  const request = { context, principal: { shopId: 'shp_1' }, requestId: 'req_1' };
  const changed = await changeProduct(
    request as unknown as Parameters<typeof changeProduct>[0],
    { productId: product._id, ifMatch: '"r1"' },
    async (current) => ({ ...current, variants: current.variants.slice(0, 1) }),
  );
  expect(changed).toMatchObject({ before: product, product: { revision: 2 }, isChanged: true });
  expect(store.products.replaceOne).toHaveBeenCalledOnce();
  const forgottenIds = priceCache.forget.mock.calls.map(([id]) => id);
  expect(new Set(forgottenIds)).toEqual(new Set([kept?.id, removed?.id]));
});
