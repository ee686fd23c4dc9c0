import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { restock } from '../../shared/ledger/testing/given-waiting.ts';
import { withdrawCheckouts } from '../../shared/ledger/withdraw-checkout.ts';
import type { Locks } from '../../shared/locks/product-locks.ts';
import { type CheckoutQueue, openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import {
  createFreedUnitsQueue,
  enqueueOldestWaiting,
} from '../../shared/queue/freed-units-queue.ts';
import { toOrderId } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { StaleReadError } from '../../shared/store/transaction.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { readyRedis } from '../../shared/testing/ready-redis.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { serveFreed } from './serve-freed.ts';
import { createWaitingSweep } from './waiting-sweep.ts';

const HOUR_MS = 3_600_000;

const namespace = testNamespace();
const clock = manualClock();
let store: Store;
let queue: CheckoutQueue;

beforeAll(async () => {
  store = await openTestStore(namespace);
  queue = openCheckoutQueue(await readyRedis(namespace.redisUrl), namespace.keyPrefix);
});
afterEach(async () => {
  await clearStore(store);
  await queue.bull.drain();
});
afterAll(() => queue.close());

const parked: string[] = [];
const ledger = () => givenLedger(store, { clock, onParked: (id) => parked.push(id) });
const passedOn: string[] = [];
const freedUnits = {
  add: (freed: readonly { readonly variantId: string }[]) => {
    passedOn.push(...freed.map(({ variantId }) => variantId));
  },
};
const sweep = () =>
  createWaitingSweep({ ledger: ledger(), freedUnits })(new AbortController().signal);
const find = ({ _id }: CheckoutRecord) => store.checkouts.findOne<CheckoutRecord>({ _id });

async function givenWaiting(variant: GivenVariant, count: number, waitMs = HOUR_MS) {
  const waitUntil = new Date(clock.now().getTime() + waitMs);
  const lines = [toPricedLine(variant)];
  const specs = Array.from({ length: count }, () => ({ lines, waitUntil }));
  const checkouts = await givenCheckouts(store, specs);
  const ids = checkouts.map(({ _id }) => _id);
  await settleCheckouts(ledger(), ids);
  return checkouts;
}

async function queuedIds(): Promise<string[]> {
  const jobs = await queue.bull.getJobs(['waiting']);
  return jobs.flatMap(({ data }) => data.checkouts.map(({ checkoutId }) => checkoutId));
}

test('a sweep continues after the last stock level that the previous sweep read, until all are covered', async () => {
  const empty = Array.from({ length: 5 }, () => ({ onHand: 0 }));
  const variants = await givenVariants(store, empty);
  for (const variant of variants) {
    await givenWaiting(variant, 1);
    await restock(ledger(), variant, 1);
  }
  const run = createWaitingSweep({ ledger: ledger(), freedUnits }, 2);
  const passedOnBySweep: string[][] = [];
  for (let sweeps = 0; sweeps < 4; sweeps += 1) {
    await run(new AbortController().signal);
    passedOnBySweep.push(passedOn.splice(0));
  }
  expect(passedOnBySweep.map((ids) => ids.length)).toEqual([2, 2, 1, 2]);
  const ids = variants.map(({ variantId }) => variantId);
  expect(passedOnBySweep.slice(0, 3).flat().toSorted()).toEqual(ids.toSorted());
  expect(passedOnBySweep[3]).toEqual(passedOnBySweep[0]);
});

test('a sweep passes on free units that checkouts wait for, until the units have been offered to them', async () => {
  const [awaited, other] = await givenVariants(store, [{ onHand: 0 }, { onHand: 0 }]);
  const [first, second] = await givenWaiting(awaited, 3);
  await givenWaiting(other, 1);
  await sweep();
  expect(passedOn.splice(0)).toEqual([]);
  await restock(ledger(), awaited, 1);
  await sweep();
  expect(passedOn.splice(0)).toEqual([awaited.variantId]);
  await serveFreed({ ledger: ledger(), queue }, [awaited.variantId]);
  expect(await find(first as CheckoutRecord)).toMatchObject({ status: 'placed' });
  expect(await find(second as CheckoutRecord)).toMatchObject({ status: 'waiting' });
  await sweep();
  expect(passedOn.splice(0)).toEqual([]);
});

test('a process that does not settle checkouts adds a job for the first waiting checkout', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const [first] = await givenWaiting(variant, 2);
  const jobs = createFreedUnitsQueue((variantIds) =>
    enqueueOldestWaiting({ store, queue }, variantIds),
  );
  jobs.add([variant]);
  await expect.poll(queuedIds).toEqual([first?._id]);
  await jobs.stop();
});

test('a waiting checkout that can never be settled gets a job', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const [poisoned] = await givenWaiting(variant, 1);
  const stray = toOrderId(poisoned?._id ?? '', variant.shopId);
  await rawCollection(store, 'orders').insertOne({ _id: stray, isStray: true });
  await restock(ledger(), variant, 1);
  await serveFreed({ ledger: ledger(), queue }, [variant.variantId]);
  expect(await queuedIds()).toEqual([poisoned?._id]);
});

test('a failure to serve freed units is ignored, because the sweep finds the units', async () => {
  const failing = createFreedUnitsQueue(async () => {
    throw new Error('no Redis');
  });
  failing.add([{ variantId: 'var_1' }]);
  await expect(failing.stop()).resolves.toBeUndefined();
});

test('waits end at their time, page by page, and the level keeps its mark until no checkout waits', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const ended = await givenWaiting(variant, 300, 1_000);
  const [lasting] = await givenWaiting(variant, 1);
  await sweep();
  expect(await store.checkouts.countDocuments({ status: 'waiting' })).toBe(301);
  clock.advance(1_000);
  await sweep();
  expect(await store.checkouts.countDocuments({ 'rejection.code': 'wait_over' })).toBe(300);
  expect(await find(lasting as CheckoutRecord)).toMatchObject({ status: 'waiting' });
  expect(await find(ended[0] as CheckoutRecord)).toMatchObject({ settledAt: clock.now() });
  expect(await store.stock.findOne({ _id: variant.variantId })).toHaveProperty('waits');
  await withdrawCheckouts(ledger(), [lasting?._id ?? '']);
  await sweep();
  expect(await store.stock.findOne({ _id: variant.variantId })).not.toHaveProperty('waits');
});

test('waits with many lines end in several transactions', async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: 20 }, () => ({ onHand: 0 })),
  );
  const lines = variants.map((variant) => toPricedLine(variant));
  const waitUntil = new Date(clock.now().getTime() + 1_000);
  const checkouts = await givenCheckouts(
    store,
    Array.from({ length: 60 }, () => ({ lines, waitUntil })),
  );
  await settleCheckouts(
    ledger(),
    checkouts.map(({ _id }) => _id),
  );
  clock.advance(1_000);
  const lineCounts: number[] = [];
  const locks: Locks = {
    holding: (names, work) => {
      lineCounts.push(names.length);
      return work();
    },
  };
  const run = createWaitingSweep({ ledger: { ...ledger(), locks }, freedUnits });
  await run(new AbortController().signal);
  expect(await store.checkouts.countDocuments({ 'rejection.code': 'wait_over' })).toBe(60);
  expect(lineCounts.filter((count) => count > 20)).toEqual([1_000, 200]);
});

test('waits that cannot be ended in one transaction end in smaller ones', async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: 5 }, () => ({ onHand: 0 })),
  );
  for (const variant of variants) await givenWaiting(variant, 1, 1_000);
  clock.advance(1_000);
  const locks: Locks = {
    holding: async (names, work) => {
      if (names.length > 2) throw new StaleReadError('a batch of many products');
      return work();
    },
  };
  const run = createWaitingSweep({ ledger: { ...ledger(), locks }, freedUnits });
  await run(new AbortController().signal);
  expect(await store.checkouts.countDocuments({ 'rejection.code': 'wait_over' })).toBe(5);
});

test('waits end with the sale of their product', async () => {
  const [endingSale, openSale] = await givenVariants(store, [{ onHand: 0 }, { onHand: 0 }]);
  const [ended] = await givenWaiting(endingSale, 1);
  const [lasting] = await givenWaiting(openSale, 1);
  const saleUntil = new Date(clock.now().getTime() + 1_000);
  await store.products.updateOne({ _id: endingSale.productId }, { $set: { saleUntil } });
  await sweep();
  expect(await find(ended as CheckoutRecord)).toMatchObject({ status: 'waiting' });
  clock.advance(1_000);
  await sweep();
  expect(await find(ended as CheckoutRecord)).toMatchObject({ rejection: { code: 'wait_over' } });
  expect(await find(lasting as CheckoutRecord)).toMatchObject({ status: 'waiting' });
});

test('successive sweeps find all removed variants, although each checks a part of the levels', async () => {
  const empty = Array.from({ length: 45 }, () => ({ onHand: 0 }));
  const variants = await givenVariants(store, empty);
  for (const variant of variants) {
    await givenWaiting(variant, 1);
    const { productId, variantId } = variant;
    const replaced = { $set: { 'variants.0.id': `${variantId}-replaced` } };
    await store.products.updateOne({ _id: productId }, replaced);
  }
  const run = createWaitingSweep({ ledger: ledger(), freedUnits });
  const rejected = () =>
    store.checkouts.countDocuments({ 'rejection.code': 'product_unavailable' });
  const rejectedBySweep: number[] = [];
  for (let sweeps = 0; sweeps < 3; sweeps += 1) {
    await run(new AbortController().signal);
    rejectedBySweep.push(await rejected());
  }
  expect(rejectedBySweep).toEqual([20, 25, 45]);
});

test('waits end when their product is deleted or their variant removed, but not when the product is a draft', async () => {
  const [deleted, removed, draft] = await givenVariants(store, [
    { onHand: 0 },
    { onHand: 0 },
    { onHand: 0 },
  ]);
  const [first] = await givenWaiting(deleted, 1);
  const [second] = await givenWaiting(removed, 1);
  const [third] = await givenWaiting(draft, 1);
  const { products } = store;
  await products.updateOne({ _id: deleted.productId }, { $set: { status: 'deleted' } });
  await products.updateOne({ _id: removed.productId }, { $set: { variants: [] } });
  await products.updateOne({ _id: draft.productId }, { $set: { status: 'draft' } });
  await sweep();
  for (const [checkout, { variantId }] of [
    [first, deleted],
    [second, removed],
  ] as const) {
    expect(await find(checkout as CheckoutRecord)).toMatchObject({
      status: 'rejected',
      rejection: { code: 'product_unavailable', variantId },
    });
  }
  expect(await find(third as CheckoutRecord)).toMatchObject({ status: 'waiting' });
});

test('a checkout whose wait cannot be ended is parked, and other waits end', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const checkouts = await givenWaiting(variant, 5, 1_000);
  const broken = checkouts[1];
  const discounts = [null];
  await rawCollection(store, 'checkouts').updateOne({ _id: broken?._id }, { $set: { discounts } });
  clock.advance(1_000);
  await sweep();
  const settled = await Promise.all(checkouts.map(find));
  expect(settled.map((checkout) => checkout?.status)).toEqual(
    checkouts.map((checkout) => (checkout === broken ? 'failed' : 'rejected')),
  );
  expect(await store.waits.countDocuments({})).toBe(0);
  expect(parked.splice(0)).toEqual([broken?._id]);
});
