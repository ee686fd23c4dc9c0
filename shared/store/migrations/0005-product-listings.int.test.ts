import { beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../runtime/ids.ts';
import { givenShop } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import type { Store } from '../store.ts';
import { migration } from './0005-product-listings.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(() => clearStore(store));

const OLD_INDEX = 'one_sku_per_shop';

/** Products as the version before stored them. */
async function givenOldProducts(count: number, shopId: string): Promise<string[]> {
  const at = new Date();
  const products = Array.from({ length: count }, (_, index) => ({
    _id: newId('prd'),
    shopId,
    title: `Éclair tin ${index}`,
    type: 'furniture',
    attributes: {},
    status: 'published',
    variants: [
      { id: newId('var'), sku: `S-${index}`, price: 900, currency: 'GBP' },
      { id: newId('var'), sku: `T-${index}`, price: 500 + index, currency: 'GBP' },
    ],
    createdAt: at,
    updatedAt: at,
  }));
  await store.products.collection.insertMany(products as never[]);
  return products.map(({ _id }) => _id);
}

async function run(): Promise<number> {
  let changed = 0;
  await migration.run(store, {
    signal: new AbortController().signal,
    changed: async (documents) => {
      changed += documents;
    },
  });
  return changed;
}

const indexNames = async () => {
  const indexes = await store.products.listIndexes();
  return indexes.map((index) => String(index['name']));
};

test('every product gets what it is listed by, in several batches, and only once', async () => {
  const shopId = await givenShop(store);
  await givenOldProducts(1_203, shopId);
  const isListed = { 'listed.price': { $gte: 500 }, 'listed.title': /^eclair tin \d+$/ };
  expect(await run()).toBe(1_203);
  expect(await store.products.countDocuments(isListed)).toBe(1_203);
  expect(await run()).toBe(0);
});

test('one that is half done goes on, and what was changed meanwhile is left alone', async () => {
  const ids = await givenOldProducts(3, await givenShop(store));
  const changedAlready = { price: 1, title: 'changed', length: 1, words: ['changed'] };
  await store.products.collection.updateOne(
    { _id: ids[1] as never },
    { $set: { listed: changedAlready } },
  );
  expect(await run()).toBe(2);
  expect(await store.products.findById(ids[1]).lean()).toMatchObject({ listed: changedAlready });
});

test('the index that kept SKUs of deleted products goes, and SKUs are still taken once', async () => {
  const products = store.products.collection;
  await products.createIndex({ shopId: 1, 'variants.sku': 1 }, { name: OLD_INDEX, unique: true });
  await run();
  expect(await indexNames()).not.toContain(OLD_INDEX);
  const shopId = await givenShop(store);
  const [first] = await givenOldProducts(1, shopId);
  await expect(givenOldProducts(1, shopId)).rejects.toThrow('live_one_sku_per_shop');
  await products.updateOne({ _id: first as never }, { $set: { status: 'deleted' } });
  await expect(givenOldProducts(1, shopId)).resolves.toHaveLength(1);
});
