import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { newId } from '../runtime/ids.ts';
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts';
import { testNamespace } from '../testing/harness.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import type { ShopRecord } from './collections/shops.ts';
import { isTransientError } from './faults.ts';
import { insertEach } from './insert-each.ts';
import { openStore, type Store } from './store.ts';
import { writable } from './writable.ts';

const namespace = testNamespace();
let store: Store;
let proxy: CuttingProxy;
/** The same database through the proxy. */
let proxied: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
  proxy = await startCuttingProxy(namespace.mongodbUrl);
  proxied = await openStore(proxy.url);
});
beforeEach(() => clearStore(store));
afterAll(async () => {
  await proxied.close();
  await proxy.close();
});

function shopNamed(name: string): ShopRecord {
  return { _id: newId('shp'), name, email: `${name}@example.com`, createdAt: new Date() };
}

test('each document is reported as stored or duplicate, in order', async () => {
  await store.shops.insertOne(shopNamed('taken'));
  const names = ['a', 'taken', 'b', 'a', 'c'];
  const results = await insertEach(store.shops, names.map(shopNamed));
  const [stored, duplicate] = [{ value: 'stored' }, { value: 'duplicate' }];
  expect(results).toEqual([stored, duplicate, stored, duplicate, stored]);
  const storedNames = await store.shops.distinct('name');
  expect(storedNames.sort()).toEqual(['a', 'b', 'c', 'taken']);
});

test('a document counts as stored when the majority has it on disk', async () => {
  const insertMany = vi.spyOn(store.shops, 'insertMany');
  onTestFinished(() => insertMany.mockRestore());
  await insertEach(store.shops, [shopNamed('a')]);
  expect(insertMany.mock.lastCall?.[1]).toMatchObject({ writeConcern: { w: 'majority', j: true } });
});

test('all documents may be new, and all may be duplicates', async () => {
  const shops = ['a', 'b'].map(shopNamed);
  expect(await insertEach(store.shops, shops)).toEqual(shops.map(() => ({ value: 'stored' })));
  expect(await insertEach(store.shops, shops)).toEqual(shops.map(() => ({ value: 'duplicate' })));
});

test('a document that is refused for another reason has its error, and the others are stored', async () => {
  const level = (_id: string, onHand: number) => ({
    ...{ _id, productId: 'prd_1', shopId: 'shp_1', onHand, reserved: 0, sold: 0, version: 0 },
  });
  const levels = [level('var_1', 1), level('var_2', -1), level('var_3', 3)];
  const [first, second, third] = await insertEach(writable(store).stock, levels);
  expect([first, third]).toEqual([{ value: 'stored' }, { value: 'stored' }]);
  expect(second).toMatchObject({ error: expect.any(Error) });
  expect(await store.stock.countDocuments()).toBe(2);
});

test('after one lost answer the driver’s retry reports all documents as stored', async () => {
  proxy.loseAnswersTo('insert', 1);
  const results = await insertEach(proxied.shops, ['a', 'b'].map(shopNamed));
  expect(proxy.leftToLose).toBe(0);
  expect(results).toEqual([{ value: 'stored' }, { value: 'stored' }]);
});

test('if all answers are lost, a transient error is thrown', async () => {
  proxy.loseAnswersTo('insert', 10);
  const error = await insertEach(proxied.shops, ['a', 'b'].map(shopNamed)).catch(
    (thrown) => thrown,
  );
  proxy.loseAnswersTo('', 0);
  expect(error).toBeInstanceOf(Error);
  expect(isTransientError(error)).toBe(true);
});

test('without a server a transient error is thrown', async () => {
  proxy.down();
  const error = await insertEach(proxied.shops, ['a', 'b'].map(shopNamed)).catch(
    (thrown) => thrown,
  );
  proxy.up();
  expect(error).toBeInstanceOf(Error);
  expect(isTransientError(error)).toBe(true);
  expect(await store.shops.countDocuments()).toBe(0);
});
