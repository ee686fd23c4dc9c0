import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenCheckouts, givenVariants, toPricedLine } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { migrate } from '../migrate.ts';
import { openStore, type Store } from '../store.ts';
import { migration } from './0016-collections.ts';

const HOUR_MS = 3_600_000;

const namespace = testNamespace({ isOwnDatabase: true });
let store: Store;

beforeAll(async () => {
  store = await openStore(namespace.mongodbUrl);
  await migrate(store);
});
afterAll(async () => {
  await store.connection.dropDatabase();
  await store.close();
});

test('moves waits, draw entries and marks of personal data out of checkouts, and may run twice', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const lines = [toPricedLine(variant)];
  const waitUntil = new Date(Date.now() + HOUR_MS);
  const [queued, waiting, , entry, personal] = await givenCheckouts(store, [
    { lines, buyerId: 'a', waitUntil },
    { lines, buyerId: 'b', waitUntil, status: 'waiting' },
    { lines, buyerId: 'c', waitUntil, status: 'placed' },
    { lines, buyerId: 'd', drawId: 'drw_1', status: 'placed' },
    { lines, buyerId: 'e', note: 'ring twice', isPersonal: true },
  ]);
  const { connection } = store;
  const old = connection.collection<{ _id: string }>('checkouts');
  await old.updateOne({ _id: entry?._id ?? '' }, { $set: { drawBuyer: 'x/d', drawRank: 3 } });
  for (const checkout of [queued, waiting]) {
    await old.updateOne({ _id: checkout?._id ?? '' }, { $set: { waitKeys: ['key'] } });
  }
  await store.waits.deleteMany({});
  await store.personalCheckouts.deleteMany({});
  await old.createIndex({ waitKeys: 1 }, { name: 'waiting_in_order' });
  await old.createIndex({ cartClaim: 1 }, { name: 'one_checkout_per_cart_claim' });
  const oldWaits = connection.collection('waits');
  await oldWaits.createIndex({ acceptedAt: 1 }, { name: 'waiting_in_order' });
  await connection.collection('draws').createIndex({ shopId: 1 }, { name: 'draws_of_shop' });
  await connection.collection('orders').createIndex({ buyerId: 1 }, { name: 'orders_of_buyer' });
  const progress = { signal: new AbortController().signal, changed: async () => undefined };
  for (const _run of [1, 2]) {
    await migration.run(store, progress);
    const waits = await store.waits.find({}, { sort: { acceptedAt: 1, _id: 1 } }).toArray();
    expect(waits).toMatchObject([
      { _id: queued?._id, keys: [expect.stringContaining(variant.variantId)], waitUntil },
      { _id: waiting?._id, isWaiting: true, lines: [{ quantity: 1 }] },
    ]);
    expect(waits[0]).not.toHaveProperty('isWaiting');
    expect(await store.drawEntries.find().toArray()).toMatchObject([
      { _id: entry?._id, drawId: 'drw_1', rank: 3, isPlaced: true },
    ]);
    expect(await store.personalCheckouts.find().toArray()).toMatchObject([
      { checkoutId: personal?._id },
    ]);
    const names = (await store.checkouts.indexes()).map(({ name }) => name);
    expect(names).not.toContain('waiting_in_order');
    expect(names).not.toContain('one_checkout_per_cart_claim');
    const waitIndexes = (await store.waits.indexes()).map(({ name }) => name);
    expect(waitIndexes).toContain('waiting_in_turn');
    expect(waitIndexes).not.toContain('waiting_in_order');
    const drawIndexes = (await store.draws.indexes()).map(({ name }) => name);
    expect(drawIndexes).toContain('draws_of_shop_by_creation');
    expect(drawIndexes).not.toContain('draws_of_shop');
    const orderIndexes = (await store.orders.indexes()).map(({ name }) => name);
    expect(orderIndexes).toContain('orders_of_storefronts_buyer');
    expect(orderIndexes).not.toContain('orders_of_buyer');
  }
});
