import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { createPriceCache } from './price-request.ts';

const AGE_MS_MAX = 1_000;
const REMEMBERED_MAX = 50_000;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function openCache() {
  const clock = manualClock();
  const reads = vi.spyOn(store.products, 'find');
  return { clock, reads, cache: createPriceCache(store, clock) };
}

async function setPrice(variantId: string, price: number): Promise<void> {
  const filter = { 'variants.id': variantId };
  await store.products.updateOne(filter, { $set: { 'variants.$.price': price } });
}

test('a price contains the variant, its seller and the amount', async () => {
  const { cache } = openCache();
  const [variant] = await givenVariants(store, [{ price: 250, status: 'draft' }]);
  const { variantId, productId, shopId, sku } = variant;
  const prices = await cache.get([variantId, 'var_unknown']);
  expect([...prices]).toEqual([
    [
      variantId,
      {
        ...{ variantId, productId, shopId, sku },
        title: 'A thing',
        unitPrice: 250,
        currency: 'GBP',
        isPublished: false,
      },
    ],
  ]);
});

test('a price is at most a second old, and is not read twice within that second', async () => {
  const { cache, clock, reads } = openCache();
  const [{ variantId }] = await givenVariants(store, [{ price: 100 }]);
  const priceNow = async () => (await cache.get([variantId])).get(variantId)?.unitPrice;
  expect(await priceNow()).toBe(100);
  await setPrice(variantId, 200);
  clock.advance(AGE_MS_MAX - 1);
  expect(await priceNow()).toBe(100);
  expect(reads).toHaveBeenCalledTimes(1);
  clock.advance(1);
  expect(await priceNow()).toBe(200);
});

test('the age of a price counts from the start of its read', async () => {
  const { cache, clock, reads } = openCache();
  const [{ variantId }] = await givenVariants(store, [{ price: 100 }]);
  const find = store.products.find.bind(store.products);
  // The read takes most of the second for which the price is valid.
  reads.mockImplementationOnce((filter, options) => {
    clock.advance(AGE_MS_MAX - 100);
    return find(filter, options);
  });
  await cache.get([variantId]);
  await setPrice(variantId, 200);
  clock.advance(100);
  expect((await cache.get([variantId])).get(variantId)?.unitPrice).toBe(200);
});

test('an unknown variant is looked up once a second, and found once it exists', async () => {
  const { cache, clock, reads } = openCache();
  for (let look = 0; look < 3; look += 1) expect(await cache.get(['var_new'])).toEqual(new Map());
  expect(reads).toHaveBeenCalledTimes(1);
  const [{ productId }] = await givenVariants(store, [{ price: 70 }]);
  await store.products.updateOne({ _id: productId }, { $set: { 'variants.0.id': 'var_new' } });
  clock.advance(AGE_MS_MAX);
  expect((await cache.get(['var_new'])).get('var_new')?.unitPrice).toBe(70);
});

test('concurrent requests share one query', async () => {
  const { cache, reads } = openCache();
  const variants = await givenVariants(
    store,
    Array.from({ length: 50 }, (_, n) => ({ price: n })),
  );
  const answers = await Promise.all(
    variants.map(({ variantId }, n) =>
      cache.get([variantId, variants[(n + 1) % 50]?.variantId ?? '']),
    ),
  );
  expect(reads).toHaveBeenCalledTimes(1);
  answers.forEach((prices, n) => {
    expect([...prices.values()].map((price) => price.unitPrice)).toEqual([n, (n + 1) % 50]);
  });
});

test('a failed query fails its requests, and the next request reads again', async () => {
  const { cache, reads } = openCache();
  const [{ variantId }] = await givenVariants(store, [{ price: 100 }]);
  reads.mockImplementationOnce(() => {
    throw new Error('no database');
  });
  await expect(cache.get([variantId])).rejects.toThrow('no database');
  expect((await cache.get([variantId])).size).toBe(1);
});

test('a request keeps its cached prices if the cache is emptied meanwhile', async () => {
  const { cache } = openCache();
  const [known, other] = await givenVariants(store, [{ price: 100 }, { price: 200 }]);
  await cache.get([known.variantId]);
  const unknownIds = Array.from({ length: REMEMBERED_MAX }, (_, n) => `var_${n}`);
  const [, prices] = await Promise.all([
    cache.get(unknownIds),
    cache.get([known.variantId, other.variantId]),
  ]);
  expect([...prices.values()].map((price) => price.unitPrice)).toEqual([100, 200]);
});

test('long lists of unknown variants are read in bounded queries and fail no lookup', async () => {
  const { cache, reads } = openCache();
  const [variant] = await givenVariants(store, [{ price: 250 }]);
  const flood = Array.from({ length: 250 }, (_, list) =>
    cache.get(Array.from({ length: 2_000 }, (__, at) => `var_unknown_${list}_${at}`)),
  );
  const knownPrices = cache.get([variant.variantId]);
  const settled = await Promise.allSettled(flood);
  expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect((await knownPrices).get(variant.variantId)?.unitPrice).toBe(250);
  const idCounts = reads.mock.calls.map(([filter]) => {
    const { $in = [] } = (filter as { 'variants.id'?: { $in: string[] } })['variants.id'] ?? {};
    return $in.length;
  });
  expect(Math.max(...idCounts)).toBeLessThanOrEqual(20_000);
});
