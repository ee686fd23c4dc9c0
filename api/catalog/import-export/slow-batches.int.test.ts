import mongoose from 'mongoose';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../shared/contract/limits.ts';
import { finishImport } from '../../../shared/imports/finish-import.ts';
import { commitImport, type HeldImport, openImport } from '../../../shared/imports/import-lease.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import type { Store } from '../../../shared/store/store.ts';
import { givenShop } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../../shared/testing/test-store.ts';
import { LineReport } from './line-report.ts';
import type { Parsed } from './read/candidate.ts';
import { stageFile } from './stage-file.ts';
import { productLine } from './testing/files.ts';

/**
 * MongoDB aborts a transaction at the end of its lifetime. Until then a transaction can write about
 * 6 MB, so this bound leaves a margin.
 */
const SAFE_BYTES = 1_000_000;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

async function givenCommitted(lines: readonly object[]): Promise<HeldImport> {
  async function* file(): AsyncGenerator<Parsed> {
    for (const [index, value] of lines.entries()) {
      const line = index + 1;
      const findPlace = (path: string) => ({ line, path });
      yield { line, value, length: JSON.stringify(value).length, rows: [], findPlace };
    }
  }
  const held = await openImport(store, { shopId: await givenShop(store), publish: true });
  const report = new LineReport();
  await stageFile({ store, clock: systemClock, held, report }, file());
  expect(report.summary.errors).toEqual([]);
  return commitImport(store, held);
}

const readIds = (filter: unknown) => (filter as { _id: { $in: string[] } })._id.$in;

/** Returns a store that calls `onBatch` before each batch is shown. */
function withBatchHook(onBatch: (ids: readonly string[]) => Promise<void>): Store {
  const products = new Proxy(store.products, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'updateMany') return value.bind(target);
      return async (...args: unknown[]) => {
        await onBatch(readIds(args[0]));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ...store, products };
}

const counts = async () => ({
  shown: await store.products.countDocuments({ status: 'published', importId: null }),
  hidden: await store.products.countDocuments({ importId: { $ne: null } }),
  levels: await store.stock.countDocuments(),
  imports: await store.imports.countDocuments(),
});

/**
 * Returns different words with this many characters in total. Each word is a key of the word index.
 */
function prose(length: number, from: number): string {
  const words = Array.from({ length }, (_, index) => (46_656 + from + index).toString(36));
  return words.join(' ').slice(0, length).trim();
}

function variant(sku: string, index: number) {
  const options = Array.from({ length: 10 }, (_, place) => {
    const from = (index * 10 + place) * 30;
    return [`option ${place}`, prose(100, from)];
  });
  return { sku, price: 1, currency: 'GBP', options: Object.fromEntries(options) };
}

function largeProduct(sku: string, variants: number) {
  return productLine(sku, {
    title: prose(200, 90_000),
    description: prose(10_000, 100_000),
    variants: Array.from({ length: variants }, (_, index) => variant(`${sku}-${index}`, index)),
  });
}

test.each([
  ['with as many words as the index stores for a product', 200, 4],
  ['of the largest size', 20, VARIANTS_PER_PRODUCT_MAX],
])(
  'products %s are shown in batches of bounded size',
  async (_, count, variants) => {
    const skus = Array.from({ length: count }, (__, index) => `S-${index}`);
    const held = await givenCommitted(skus.map((sku) => largeProduct(sku, variants)));
    const batches: number[] = [];
    const measuring = withBatchHook(async (ids) => {
      const [total] = await store.products
        .aggregate<{ bytes: number }>([
          { $match: { _id: { $in: ids } } },
          { $group: { _id: null, bytes: { $sum: { $bsonSize: '$$ROOT' } } } },
        ])
        .toArray();
      batches.push(total?.bytes ?? 0);
    });
    await finishImport(measuring, held);
    expect(batches.length).toBeGreaterThan(2);
    expect(Math.max(...batches)).toBeLessThanOrEqual(SAFE_BYTES);
    expect(await counts()).toEqual({
      shown: count,
      hidden: 0,
      levels: count * variants,
      imports: 0,
    });
  },
  60_000,
);

test.each([250, 40, 1])(
  'all products are shown even if a transaction has time for only %i of them',
  async (max) => {
    const lines = Array.from({ length: 300 }, (_, index) => productLine(`S-${index}`));
    const held = await givenCommitted(max === 1 ? lines.slice(0, 20) : lines);
    let tooLong = 0;
    const slow = withBatchHook(async (ids) => {
      if (ids.length <= max) return;
      tooLong += 1;
      throw new mongoose.mongo.MongoServerError({
        message: 'Transaction has exceeded its lifetime',
        code: 290,
        errorLabels: ['TransientTransactionError'],
      });
    });
    await finishImport(slow, held);
    const count = max === 1 ? 20 : lines.length;
    expect(tooLong).toBeGreaterThan(0);
    expect(await counts()).toEqual({ shown: count, hidden: 0, levels: count, imports: 0 });
  },
  60_000,
);
