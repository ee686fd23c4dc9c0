import { afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Store } from '../store/store.ts';
import { givenCheckouts, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { rawCollection } from '../testing/raw-collection.ts';
import { openTestStore } from '../testing/test-store.ts';
import type { Buyer } from './buyer-purchases.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a batch reads the purchases of each buyer only for the limited items of its own lines', async () => {
  const limited = { onHand: 9, product: 'shirt', limit: { quantity: 1 } };
  const variants = await givenVariants(
    store,
    Array.from({ length: 20 }, () => ({ ...limited, productLimit: { quantity: 2 } })),
  );
  const checkouts = await givenCheckouts(
    store,
    variants.map((variant, n) => ({ buyerId: `buyer-${n}`, lines: [toPricedLine(variant)] })),
  );
  const find = vi.spyOn(store.purchases, 'find');
  const settled = await settleCheckouts(
    givenLedger(store),
    checkouts.map(({ _id }) => _id),
  );
  expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['placed']));
  const [[filter] = []] = find.mock.calls;
  // Each line has the limit of its variant and that of its product.
  expect(filter).toHaveProperty(['_id', '$in', 'length'], 2 * checkouts.length);
  expect(await store.purchases.countDocuments()).toBe(2 * checkouts.length);
});

/** Stores orders of other products by one buyer, as if they had been placed one after the other. */
async function givenOrders(count: number, buyer: Buyer): Promise<void> {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const [checkout] = await givenCheckouts(store, [{ ...buyer, lines: [toPricedLine(variant)] }]);
  const [settled] = await settleCheckouts(givenLedger(store), [checkout?._id ?? '']);
  const orders = rawCollection(store, 'orders');
  const order = await orders.findOne({ _id: settled?.orderIds[0] });
  const name = `${buyer.storefrontId}-${buyer.buyerId}`;
  const copies = Array.from({ length: count - 1 }, (_, n) => ({ ...order, _id: `${name}-${n}` }));
  await orders.insertMany(copies);
}

/** Returns a function that adds up the orders that were examined since. */
async function countExamined() {
  const { db } = store.connection;
  if (db === undefined) throw new Error('not connected');
  await db.command({ profile: 2 });
  onTestFinished(async () => {
    await db.command({ profile: 0 });
    await db.collection('system.profile').drop();
  });
  return async () => {
    const reads = await db
      .collection('system.profile')
      .find({ ns: /[.]orders$/ })
      .toArray();
    return reads.reduce((sum, { docsExamined = 0 }) => sum + docsExamined, 0);
  };
}

const MANY = 10_001;

async function givenLimited() {
  const [variant] = await givenVariants(store, [{ onHand: 9, limit: { quantity: 2 } }]);
  return [toPricedLine(variant)];
}

async function settle(specs: Parameters<typeof givenCheckouts>[1]) {
  const checkouts = await givenCheckouts(store, specs);
  return settleCheckouts(
    givenLedger(store),
    checkouts.map(({ _id }) => _id),
  );
}

test('orders of buyers with the same name at other storefronts are not read', async () => {
  const lines = await givenLimited();
  await givenOrders(MANY, { storefrontId: 'shp_crowded', buyerId: 'guest' });
  const examined = await countExamined();
  const settled = await settle([
    { lines, storefrontId: 'shp_other', buyerId: 'guest' },
    { lines, storefrontId: 'shp_crowded', buyerId: 'ada' },
  ]);
  expect(settled).toMatchObject([{ status: 'placed' }, { status: 'placed' }]);
  expect(await examined()).toBeLessThan(10);
});

test('a name with too many orders counts as having reached the limit, and other buyers are served', async () => {
  const lines = await givenLimited();
  const storefrontId = 'shp_busy';
  await givenOrders(MANY - 1, { storefrontId, buyerId: 'loyal' });
  await givenOrders(MANY, { storefrontId, buyerId: 'guest' });
  const settled = await settle(
    ['ada', 'guest', 'loyal'].map((buyerId) => ({ lines, storefrontId, buyerId })),
  );
  const rejection = { code: 'purchase_limit_reached', limit: 2, bought: 2, requested: 1 };
  expect(settled).toMatchObject([
    { status: 'placed' },
    { status: 'rejected', rejection },
    { status: 'placed' },
  ]);
});

test('an order that still has its units is confirmed without counting purchases', async () => {
  const lines = await givenLimited();
  const [settled] = await settle([{ lines }]);
  const find = vi.spyOn(store.purchases, 'find');
  const orderId = settled?.orderIds[0] ?? '';
  const confirm = { orderId, move: 'confirm', actor: 'test', isReacquiring: true } as const;
  expect(await moveOrders(givenLedger(store), [confirm])).toMatchObject([{ kind: 'moved' }]);
  expect(find.mock.calls.length).toBe(0);
});
