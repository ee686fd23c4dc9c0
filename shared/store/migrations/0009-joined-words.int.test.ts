import { beforeAll, beforeEach, expect, test } from 'vitest';
import { listingOf } from '../../domain/listing.ts';
import { newId } from '../../runtime/ids.ts';
import { givenShop } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import type { ProductRecord } from '../collections/products.ts';
import type { Store } from '../store.ts';
import { migration } from './0009-joined-words.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(() => clearStore(store));

/** Products as the version before stored them: listed by the words that they are written with. */
async function givenProducts(count: number): Promise<ProductRecord[]> {
  const [shopId, at] = [await givenShop(store), new Date()];
  const products = Array.from({ length: count }, (_, index): ProductRecord => {
    const variants = [{ id: newId('var'), sku: `S-${index}`, price: 900, currency: 'GBP' }];
    const described = { title: `T-Light No ${index}`, attributes: {}, variants };
    const listed = listingOf(described);
    const words = listed.words.filter((word) => !word.startsWith('='));
    return {
      ...described,
      _id: newId('prd'),
      shopId,
      type: 'furniture',
      status: 'published',
      createdAt: at,
      updatedAt: at,
      ...(index % 3 !== 0 && { revision: index }),
      ...(index % 100 !== 0 && { listed: { ...listed, words } }),
    };
  });
  await store.products.collection.insertMany(products as never[]);
  return products;
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

test('every product gets its joined words, in several batches, and only once', async () => {
  const products = await givenProducts(503);
  expect(await run()).toBe(503);
  expect(await store.products.countDocuments({ 'listed.words': '=tlight' })).toBe(503);
  const [first] = products;
  const now = await store.products.findById(first?._id).lean<ProductRecord>();
  expect(now).toEqual({ ...first, listed: first && listingOf(first) });
  expect(await run()).toBe(0);
});

test('one that is half done goes on', async () => {
  const products = await givenProducts(3);
  const [done] = products;
  const listed = done && listingOf(done);
  await store.products.collection.updateOne({ _id: done?._id as never }, { $set: { listed } });
  expect(await run()).toBe(2);
});
