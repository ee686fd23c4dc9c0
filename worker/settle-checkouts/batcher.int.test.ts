import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { buy, restock, settle, toWaitInRounds } from '../../shared/ledger/testing/given-waiting.ts';
import { noLocks } from '../../shared/locks/product-locks.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { toOrderId } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { writable } from '../../shared/store/writable.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { createBatcher } from './batcher.ts';

const namespace = testNamespace();
const BATCH_MAX = 64;
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await clearStore(store);
});

/** Passes all checkouts to the batcher together, as their jobs do. */
function settleTogether(checkouts: readonly CheckoutRecord[], batchMax = BATCH_MAX) {
  const batcher = createBatcher(givenLedger(store), batchMax);
  const settlings = checkouts.map(({ _id, lines }) =>
    batcher.submit({ checkoutId: _id, productId: lines[0]?.productId ?? '', lines: lines.length }),
  );
  return Promise.allSettled(settlings);
}

function givenBuyers(variant: GivenVariant, count: number): Promise<CheckoutRecord[]> {
  return givenCheckouts(
    store,
    Array.from({ length: count }, () => ({ lines: [toPricedLine(variant)] })),
  );
}

/**
 * Stores another document with the id of the checkout's order, so that no try will ever succeed.
 */
async function givenOrderInPlaceOf({ _id, lines }: CheckoutRecord): Promise<void> {
  const orderId = toOrderId(_id, lines[0]?.shopId ?? '');
  await rawCollection(store, 'orders').insertOne({ _id: orderId, isStray: true });
}

test('concurrent checkouts share a batch, and first accepted is first served', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 3 }]);
  const checkouts = await givenBuyers(variant, 5);
  const results = await settleTogether([...checkouts].reverse());
  const settled = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  expect(settled.map(({ batch }) => batch)).toEqual([5, 5, 5, 5, 5]);
  const placed = settled
    .filter(({ status }) => status === 'placed')
    .map(({ checkoutId }) => checkoutId);
  expect(placed.sort()).toEqual(checkouts.slice(0, 3).map(({ _id }) => _id));
});

test('no batch is larger than its bound', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 9 }]);
  const results = await settleTogether(await givenBuyers(variant, 9), 4);
  const batches = results.map((result) => (result.status === 'fulfilled' ? result.value.batch : 0));
  expect(batches).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 1]);
});

test('a batch reports its times, but not for checkouts that were settled before', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 9 }]);
  const [earlier, later] = await givenBuyers(variant, 2);
  await settleTogether([earlier] as CheckoutRecord[]);
  await pause(2);
  const results = await settleTogether([earlier, later] as CheckoutRecord[]);
  const [before, now] = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  expect(now).toMatchObject({ lockMs: expect.any(Number), commitMs: expect.any(Number) });
  expect(before).toMatchObject({ status: 'placed', batch: 2 });
  expect(Object.keys(before ?? {})).not.toContain('lockMs');
});

test('a checkout that is in a batch twice is settled once and returned twice', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 9 }]);
  const [checkout] = await givenBuyers(variant, 1);
  const [first, second] = await settleTogether([checkout, checkout] as CheckoutRecord[]);
  expect(first).toMatchObject({ value: { status: 'placed' } });
  expect(second).toEqual(first);
  expect(await store.orders.countDocuments()).toBe(1);
});

test('a checkout that can never succeed fails alone: its neighbours are settled in their order', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 10 }]);
  const checkouts = await givenBuyers(variant, 16);
  const poisoned = checkouts[5] as CheckoutRecord;
  await givenOrderInPlaceOf(poisoned);
  const results = await settleTogether(checkouts);
  const outcomes = results.map((result) =>
    result.status === 'fulfilled' ? result.value.status : result.reason.message.slice(0, 6),
  );
  const [placed, rejected] = ['placed', 'rejected'];
  expect(outcomes).toEqual([
    ...Array(5).fill(placed),
    'E11000',
    ...Array(5).fill(placed),
    ...Array(5).fill(rejected),
  ]);
  expect(await store.checkouts.findOne({ _id: poisoned._id })).toMatchObject({ status: 'queued' });
  await rawCollection(store, 'orders').deleteOne({ isStray: true });
  const { differences } = await reconcile(givenLedger(store), { fix: false });
  expect(differences).toEqual([]);
});

test('a level that the database refuses to change fails its own checkouts and no others', async () => {
  const [sound, broken] = await givenVariants(store, [{ onHand: 10 }, { onHand: 10 }]);
  await writable(store).stock.updateOne(
    { _id: broken.variantId },
    { $set: { sold: -1 } },
    { bypassDocumentValidation: true },
  );
  const checkouts = await givenCheckouts(
    store,
    [sound, broken, sound, broken].map((variant) => ({ lines: [toPricedLine(variant)] })),
  );
  const results = await settleTogether(checkouts);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ]);
  expect(results[1]).toMatchObject({ reason: { message: expect.stringContaining('validation') } });
  const level = await store.stock.findOne({ _id: sound.variantId });
  expect(level).toMatchObject({ reserved: 2 });
});

test('a batch never upserts: a deleted level is not created again', async () => {
  const [existing, deleted] = await givenVariants(store, [{ onHand: 10 }, { onHand: 10 }]);
  const checkouts = await givenCheckouts(
    store,
    [existing, deleted].map((variant) => ({ lines: [toPricedLine(variant)] })),
  );
  const { stock, orders, movements } = writable(store);
  const { checkouts: intents, outbox, discounts } = store;
  const collections = [stock, orders, movements, intents, outbox, discounts];
  const spies = collections.flatMap((collection) =>
    (['bulkWrite', 'updateOne', 'updateMany', 'replaceOne', 'findOneAndUpdate'] as const).map(
      (method) => vi.spyOn(collection, method),
    ),
  );
  await writable(store).stock.deleteOne({ _id: deleted.variantId });
  const results = await settleTogether(checkouts);
  expect(results).toMatchObject([
    { value: { status: 'placed' } },
    { value: { status: 'rejected', rejection: { code: 'product_unavailable' } } },
  ]);
  const calls = spies.flatMap((spy) => spy.mock.calls);
  expect(calls.length).toBeGreaterThan(0);
  // The session of a call is a large object; the first two arguments show what is written.
  const written = calls.map((call) =>
    JSON.stringify([call[0], { ...Object(call[1]), session: 0 }]),
  );
  expect(written.join()).not.toContain('upsert');
  expect(await store.stock.countDocuments()).toBe(1);
});

test('a batch reports each commit, and postpones a newcomer behind many waiting checkouts', async () => {
  const ROUNDS = 45;
  const [variant, other] = await givenVariants(store, [{ onHand: 0 }, { onHand: 1 }]);
  const ledger = givenLedger(store);
  await settle(ledger, await givenCheckouts(store, toWaitInRounds(variant, ROUNDS)));
  await restock(ledger, variant, ROUNDS);
  const [newcomer, elsewhere] = await givenCheckouts(store, [buy(variant), buy(other)]);
  const onCommit = vi.fn();
  const committed = vi.fn();
  const watched = { ...ledger, onCommitted: committed };
  const batcher = createBatcher(watched, BATCH_MAX, { onCommit });
  const submit = (checkout: CheckoutRecord | undefined) =>
    batcher.submit({ checkoutId: checkout?._id ?? '', productId: 'prd_any', lines: 1 });
  expect(await Promise.allSettled([submit(newcomer), submit(elsewhere)])).toMatchObject([
    { status: 'rejected', reason: { name: 'PostponedError' } },
    { status: 'fulfilled', value: { status: 'placed' } },
  ]);
  expect(onCommit).toHaveBeenCalledTimes(40);
  expect(committed).toHaveBeenCalledTimes(40);
  expect(await submit(newcomer)).toMatchObject({ status: 'rejected' });
});

test('a batch locks the products of all its lines, each once', async () => {
  const [shirt, lamp] = await givenVariants(store, [{ onHand: 9 }, { onHand: 9 }]);
  const lockedIds: string[] = [];
  const locks: typeof noLocks = {
    holding: (names, work) => {
      lockedIds.push(...new Set(names));
      return noLocks.holding(names, work);
    },
  };
  const batcher = createBatcher(givenLedger(store, { locks }), BATCH_MAX);
  const checkouts = await givenCheckouts(store, [
    { lines: [toPricedLine(shirt)] },
    { lines: [toPricedLine(lamp), toPricedLine(shirt)] },
  ]);
  await Promise.all(
    checkouts.map(({ _id, lines }) =>
      batcher.submit({
        checkoutId: _id,
        productId: lines[0]?.productId ?? '',
        lines: lines.length,
      }),
    ),
  );
  expect(lockedIds.sort()).toEqual([shirt.productId, lamp.productId].sort());
});
