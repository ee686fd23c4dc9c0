import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts';
import { testNamespace } from '../testing/harness.ts';
import { createCollections } from './indexes.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migration.ts';
import { openStore, type Store } from './store.ts';

const SOCKET_TIMEOUT_MS = 500;
const LEASE_MS = 400;
/** The answer to `createIndexes` is held back until the lease has been extended by this much. */
const HELD_MS = 3 * SOCKET_TIMEOUT_MS;
const WAIT = { timeout: 15_000, interval: 20 };

const namespace = testNamespace({ isOwnDatabase: true });
let proxy: CuttingProxy;
/** One store with a short socket timeout, and one to observe. */
let impatient: Store;
let store: Store;

beforeAll(async () => {
  proxy = await startCuttingProxy(namespace.mongodbUrl);
  impatient = await openStore(proxy.url, namespace.databaseName, {
    socketTimeoutMs: SOCKET_TIMEOUT_MS,
  });
  store = await openStore(namespace.mongodbUrl);
});
afterEach(() => store.connection.dropDatabase());
afterAll(async () => {
  await impatient.close();
  await store.close();
  await proxy.close();
});

const indexes: Migration = { id: '0001-indexes', description: '…', run: createCollections };

function record() {
  return store.connection.collection<{ _id: string }>('migrations').findOne({ _id: indexes.id });
}

async function leaseEndsAt(): Promise<number> {
  const leases = store.connection.collection<{ _id: string; until: Date }>('migration_leases');
  const lease = await leases.findOne({ _id: 'lease' });
  return lease?.until.getTime() ?? 0;
}

test('an index that takes longer than the socket timeout is built under the lease', async () => {
  const held = proxy.holdAnswersTo('createIndexes');
  const migrating = migrate(impatient, { migrations: [indexes], leaseMs: LEASE_MS });
  migrating.catch(() => undefined);
  await expect.poll(() => held.count, WAIT).toBe(1);
  const enough = (await leaseEndsAt()) + HELD_MS;
  await expect.poll(leaseEndsAt, WAIT).toBeGreaterThan(enough);
  expect(await record()).toBeNull();
  held.release();
  expect(await migrating).toEqual([indexes.id]);
});

test('a process that loses the lease stops waiting for an index', async () => {
  const held = proxy.holdAnswersTo('createIndexes');
  const migrating = migrate(impatient, { migrations: [indexes], leaseMs: LEASE_MS });
  migrating.catch(() => undefined);
  await expect.poll(() => held.count, WAIT).toBe(1);
  const leases = store.connection.collection<{ _id: string }>('migration_leases');
  await leases.updateOne({ _id: 'lease' }, { $set: { owner: 'another' } });
  await expect(migrating).rejects.toThrow('this process has lost the lease of the migration');
  held.release();
  expect(await record()).toBeNull();
});

test('the record of a migration that another process has finished stays', async () => {
  const finished = store.connection.collection<{ _id: string; by: string }>('migrations');
  const run = async () => {
    await finished.insertOne({ _id: indexes.id, by: 'another' });
  };
  const migrations = [{ ...indexes, run }];
  expect(await migrate(store, { migrations })).toEqual([indexes.id]);
  expect(await finished.find().toArray()).toEqual([{ _id: indexes.id, by: 'another' }]);
});
