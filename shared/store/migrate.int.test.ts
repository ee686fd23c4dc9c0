import mongoose from 'mongoose';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { changeInBatches } from '../testing/change-in-batches.ts';
import { testNamespace } from '../testing/harness.ts';
import { rawCollection } from '../testing/raw-collection.ts';
import { checkIndexes } from './indexes.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migration.ts';
import { openStore, type Store } from './store.ts';
import { writable } from './writable.ts';

const namespace = testNamespace({ isOwnDatabase: true });
/** The stores of three processes that start together. */
let stores: [Store, Store, Store];

beforeAll(async () => {
  const open = () => openStore(namespace.mongodbUrl);
  stores = [await open(), await open(), await open()];
});
beforeEach(() => stores[0].connection.dropDatabase());
afterAll(() => Promise.all(stores.map((store) => store.close())));

function leases() {
  return stores[0].connection.collection<{ _id: string; owner: string; until: Date }>(
    'migration_leases',
  );
}

function applied() {
  return stores[0].connection.collection<{ _id: string }>('migrations');
}

/** Creates an unreleased lease of another process. Returns when it ends. */
async function givenLease(endsInMs: number): Promise<Date> {
  const until = new Date(Date.now() + endsInMs);
  await leases().insertOne({ _id: 'lease', owner: 'another', until });
  return until;
}

/** Watches the creation of collections on any connection. */
function watchWork() {
  const spy = vi.spyOn(mongoose.Model, 'createCollection');
  onTestFinished(() => spy.mockRestore());
  return spy;
}

test('if several processes start together, only one of them migrates', async () => {
  const work = watchWork();
  const ran = await Promise.all(stores.map((store) => migrate(store)));
  const ids = ran.flat();
  expect(ids.length).toBeGreaterThan(0);
  expect(ran.filter((finished) => finished.length > 0)).toHaveLength(1);
  expect(await applied().countDocuments()).toBe(ids.length);
  const collections = Object.keys(stores[0].connection.models).length;
  expect(work.mock.calls.length).toBeGreaterThan(0);
  expect(work.mock.calls.length).toBeLessThanOrEqual(ids.length * collections);
  expect(await leases().countDocuments()).toBe(0);
  await Promise.all(stores.map(checkIndexes));
  expect(await migrate(stores[0])).toEqual([]);
});

test('finished migrations are skipped, and missing migrations run', async () => {
  const [last = ''] = (await migrate(stores[0])).slice(-1);
  await applied().deleteOne({ _id: last });
  expect(await migrate(stores[1])).toEqual([last]);
});

test('a process waits until the lease of a dead process ends', async () => {
  const until = await givenLease(700);
  expect(await migrate(stores[0])).not.toEqual([]);
  expect(Date.now()).toBeGreaterThanOrEqual(until.getTime());
});

test('an expired lease is taken', async () => {
  await givenLease(-1);
  expect(await migrate(stores[0])).not.toEqual([]);
  expect(await leases().countDocuments()).toBe(0);
});

test('a failed migration releases the lease and runs in the next process', async () => {
  watchWork().mockRejectedValueOnce(new Error('full'));
  await expect(migrate(stores[0])).rejects.toThrow('full');
  expect(await leases().countDocuments()).toBe(0);
  expect(await applied().countDocuments()).toBe(0);
  expect(await migrate(stores[1])).not.toEqual([]);
});

test('a process that lost its lease stops and does not release the new owner’s lease', async () => {
  watchWork().mockImplementationOnce(async () => {
    await leases().deleteOne({ _id: 'lease' });
    await givenLease(60_000);
    return stores[0].connection.getClient().db().collection('leases');
  });
  await expect(migrate(stores[0])).rejects.toThrow(
    'this process has lost the lease of the migration',
  );
  expect(await leases().findOne({ _id: 'lease' })).toMatchObject({ owner: 'another' });
  expect(await applied().countDocuments()).toBe(0);
});

/** Inserts products without a revision. */
async function givenProducts(count: number): Promise<void> {
  const products = Array.from({ length: count }, (_, index) => {
    const id = `prd_${String(index).padStart(6, '0')}`;
    const variants = [{ id: `var_${index}`, sku: `S${index}`, price: 1, currency: 'GBP' }];
    return {
      _id: id,
      shopId: 'shp_1',
      title: id,
      type: 'clothing',
      attributes: {},
      variants,
      status: 'draft',
    };
  });
  await rawCollection(stores[0], 'products').insertMany(products);
}

test('a migration that failed halfway continues, and all its changes are counted', async () => {
  await givenProducts(1_000);
  let isBroken = true;
  const id = '0001-marks';
  const run: Migration['run'] = (store, progress) =>
    changeInBatches(
      {
        ...progress,
        changed: async (documents) => {
          await progress.changed(documents);
          if (isBroken) throw new Error('the power failed');
        },
      },
      {
        collection: rawCollection(store, 'products'),
        filter: { marked: { $exists: false } },
        update: { $set: { marked: true }, $inc: { changes: 1 } },
      },
    );
  const migrations = [{ id, description: 'Marks them.', run }];
  await expect(migrate(stores[0], { migrations })).rejects.toThrow('the power failed');
  const products = rawCollection(stores[0], 'products');
  expect(await products.countDocuments({ marked: true })).toBe(500);
  isBroken = false;
  expect(await migrate(stores[1], { migrations })).toEqual([id]);
  expect(await products.countDocuments({ changes: 1 })).toBe(1_000);
  expect(await applied().findOne({ _id: id })).toMatchObject({ documents: 1_000 });
});

/** Returns a function that counts the attempts of all stores to take the lease. */
function countAttempts() {
  const spies = stores.map(({ connection }) =>
    vi.spyOn(connection.collection('migration_leases'), 'findOneAndUpdate'),
  );
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

test('the lease is renewed during a long migration', async () => {
  // A busy machine may delay this process when it renews the lease, but hardly by this long.
  const leaseMs = 3_000;
  const attempts = countAttempts();
  let runs = 0;
  const run = async () => {
    runs += 1;
    const lease = await leases().findOne({ _id: 'lease' });
    const firstEnd = lease?.until.getTime() ?? Number.POSITIVE_INFINITY;
    const patience = { timeout: 3 * leaseMs };
    await expect.poll(Date.now, patience).toBeGreaterThan(firstEnd);
    // By then the waiting processes have tried several times to take the lease over.
    await expect.poll(attempts, patience).toBeGreaterThan(attempts() + stores.length);
  };
  const migrations = [{ id: '0001-slow', description: 'Takes its time.', run }];
  const ran = await Promise.all(stores.map((store) => migrate(store, { migrations, leaseMs })));
  expect(runs).toBe(1);
  expect(ran.flat()).toEqual(['0001-slow']);
});

test('a database of a newer version is used with a notice', async () => {
  await migrate(stores[0]);
  await applied().insertOne({ _id: '9999-tomorrow' });
  const notices: string[] = [];
  expect(await migrate(stores[1], { notify: (notice) => notices.push(notice) })).toEqual([]);
  expect(notices).toEqual(['the database is of a newer version: 9999-tomorrow']);
});

test('a database of another program is not changed', async () => {
  await applied().insertOne({ _id: '0001-things' });
  await expect(migrate(stores[0])).rejects.toThrow('0001-things');
  expect(
    await rawCollection(stores[0], 'products')
      .indexes()
      .catch(() => []),
  ).toEqual([]);
});

test('a missing index is named with its collection, also if the collection is missing', async () => {
  await migrate(stores[0]);
  await checkIndexes(stores[0]);
  await rawCollection(stores[0], 'shops').dropIndex('one_shop_per_email');
  await rawCollection(stores[0], 'movements').drop();
  const check = checkIndexes(stores[0]);
  await expect(check).rejects.toThrow('shops.one_shop_per_email');
  await expect(check).rejects.toThrow('movements.one_movement_per_stock_version');
  await expect(check).rejects.not.toThrow('orders_of_storefronts_buyer');
});

test.each([
  ['that is not unique', { hash: 1 }, { unique: false }],
  ['on other fields', { shopId: 1 }, { unique: true }],
  [
    'that omits some documents',
    { hash: 1 },
    { unique: true, partialFilterExpression: { name: { $exists: true } } },
  ],
] as const)('an index %s is not accepted, even with the right name', async (_, key, options) => {
  await migrate(stores[0]);
  const keys = rawCollection(stores[0], 'apiKeys');
  await keys.dropIndex('one_key_per_hash');
  await keys.createIndex(key, { name: 'one_key_per_hash', ...options });
  const check = checkIndexes(stores[0]);
  await expect(check).rejects.toThrow(
    'defines these indexes differently: api_keys.one_key_per_hash',
  );
});

test('the database refuses an impossible stock level from any writer', async () => {
  await migrate(stores[0]);
  const level = {
    productId: 'prd_1',
    shopId: 'shp_1',
    onHand: 5,
    reserved: 2,
    sold: 0,
    version: 0,
  };
  const { stock } = writable(stores[0]);
  await stock.insertOne({ _id: 'var_1', ...level });
  for (const change of [{ onHand: -4 }, { reserved: 4 }, { reserved: -3 }, { sold: -1 }]) {
    const update = stock.updateOne({ _id: 'var_1' }, { $inc: change });
    await expect(update).rejects.toThrow('validation');
  }
});
