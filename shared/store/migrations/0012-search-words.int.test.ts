import { beforeAll, beforeEach, expect, test } from 'vitest';
import { listingOf } from '../../domain/listing.ts';
import { newId } from '../../runtime/ids.ts';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import type { ProductRecord } from '../collections/products.ts';
import type { Store } from '../store.ts';
import { migration } from './0012-search-words.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(() => clearStore(store));

const progress = { signal: new AbortController().signal, changed: async () => undefined };

test('products get the entries that searches read now, and the old indexes go', async () => {
  const { collection } = store.products;
  const [shopId, at] = [newId('shp'), new Date()];
  const variants = [{ id: newId('var'), sku: 'S-1', price: 900, currency: 'GBP' }];
  const product = { title: 'The Who', description: 'Loud.', attributes: {}, variants };
  const old = { price: 900, title: 'the who', words: ['the', 'who'], details: '' };
  const record = { ...product, shopId, type: 'furniture', status: 'draft', createdAt: at };
  const stored = { ...record, _id: newId('prd'), updatedAt: at, revision: 3, listed: old };
  await collection.insertOne(stored as never);
  await collection.createIndexes([
    { key: { 'listed.words': 1 }, name: 'products_by_word' },
    { key: { title: 'text' }, name: 'products_by_text' },
  ]);
  // It may be killed and run again.
  await migration.run(store, progress);
  await migration.run(store, progress);
  const now = await store.products.findById(stored._id).lean<ProductRecord>();
  expect(now).toEqual({ ...stored, listed: listingOf(product) });
  const names = (await store.products.listIndexes()).map((index) => index['name']);
  expect(names).toContain('products_by_search_word');
  expect(names).not.toContain('products_by_word');
  expect(names).not.toContain('products_by_text');
});
