import { afterEach, beforeAll, expect, test } from 'vitest';
import { commitImport, type HeldImport, openImport } from '../../shared/imports/import-lease.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { startWorker } from '../context.ts';
import { cleanImports } from './import-sweep.ts';

const PRODUCTS = 3;

const namespace = testNamespace();
const never = new AbortController().signal;
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

/** Creates an import with hidden products, as an API process leaves it when it dies. */
async function givenImport(): Promise<HeldImport> {
  const shopId = await givenShop(store);
  const held = await openImport(store, { shopId, publish: true });
  const now = new Date();
  await store.products.insertMany(
    Array.from({ length: PRODUCTS }, (_, index) => ({
      _id: newId('prd'),
      ...{ shopId, title: 'A thing', type: 'clothing', attributes: {}, status: 'draft' as const },
      variants: [{ id: newId('var'), sku: `S-${index}`, price: 100, currency: 'GBP' }],
      ...{ createdAt: now, updatedAt: now, importId: held._id, importLine: index + 1 },
    })),
  );
  return held;
}

const endLeases = () => store.imports.updateMany({}, { $set: { until: new Date(0) } });

async function counts() {
  return {
    published: await store.products.countDocuments({ status: 'published', importId: null }),
    products: await store.products.countDocuments(),
    levels: await store.stock.countDocuments(),
    imports: await store.imports.countDocuments(),
  };
}

const NOTHING = { published: 0, products: 0, levels: 0, imports: 0 };
const COMPLETED = { published: PRODUCTS, products: PRODUCTS, levels: PRODUCTS, imports: 0 };

test('an import whose lease has not ended is not changed', async () => {
  await givenImport();
  const before = await counts();
  expect(await cleanImports(store, never)).toBe(0);
  expect(await counts()).toEqual(before);
});

test('an abandoned import is undone if it was not committed, and completed if it was', async () => {
  await givenImport();
  await endLeases();
  expect(await cleanImports(store, never)).toBe(1);
  expect(await counts()).toEqual(NOTHING);
  await commitImport(store, await givenImport());
  await endLeases();
  expect(await cleanImports(store, never)).toBe(1);
  expect(await counts()).toEqual(COMPLETED);
});

test('an aborted sweep finishes no import, and one sweep finishes the imports of several shops', async () => {
  for (let shop = 0; shop < 3; shop += 1) await givenImport();
  await endLeases();
  expect(await cleanImports(store, AbortSignal.abort())).toBe(0);
  expect(await cleanImports(store, never)).toBe(3);
  expect(await counts()).toEqual(NOTHING);
});

test('a running worker finishes abandoned imports', async () => {
  await commitImport(store, await givenImport());
  await endLeases();
  const worker = await startWorker({
    ...namespace,
    logLevel: 'silent',
    batchMax: 16,
    reservationTtlMs: 900_000,
  });
  try {
    await expect.poll(counts, { timeout: 30_000 }).toEqual(COMPLETED);
  } finally {
    await worker.close();
  }
});
