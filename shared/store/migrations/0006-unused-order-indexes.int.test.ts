import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testNamespace } from '../../testing/harness.ts';
import { checkIndexes, migrate } from '../migrate.ts';
import { MIGRATIONS } from '../migrations.ts';
import { openStore, type Store } from '../store.ts';
import { migration } from './0006-unused-order-indexes.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openStore(namespace.mongodbUrl);
});
beforeEach(() => store.connection.dropDatabase());
afterAll(() => store.close());

const progress = { signal: new AbortController().signal, changed: async () => undefined };
const OLD = ['orders_by_maker', 'orders_of_shop'];

const indexNames = async () => {
  const indexes = await store.orders.listIndexes();
  return indexes.map((index) => String(index['name'])).sort();
};

/** As the first version made them. */
async function givenOldIndexes(): Promise<void> {
  await store.orders.collection.createIndexes([
    { key: { shopId: 1, _id: -1 }, name: 'orders_of_shop' },
    { key: { madeBy: 1, _id: -1 }, name: 'orders_by_maker' },
  ]);
}

test('a database of the first version loses both, and nothing else', async () => {
  const others = MIGRATIONS.filter(({ id }) => id < migration.id);
  await migrate(store, { migrations: others });
  const kept = await indexNames();
  await givenOldIndexes();
  expect(await indexNames()).toEqual([...kept, ...OLD].sort());
  expect(await migrate(store, { migrations: [...others, migration] })).toEqual([migration.id]);
  expect(await indexNames()).toEqual(kept);
});

test('it can be run twice, and goes on where it was killed', async () => {
  await givenOldIndexes();
  await migration.run(store, progress);
  await migration.run(store, progress);
  expect(await indexNames()).toEqual(['_id_']);
  await givenOldIndexes();
  await store.orders.collection.dropIndex('orders_of_shop');
  await migration.run(store, progress);
  expect(await indexNames()).toEqual(['_id_']);
});

test('a fresh database, and one without orders, is no trouble', async () => {
  await migration.run(store, progress);
  expect(await migrate(store)).toContain(migration.id);
  await checkIndexes(store);
  for (const old of OLD) expect(await indexNames()).not.toContain(old);
});
