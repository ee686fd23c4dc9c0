import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { newId } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { loseCommits } from '../../shared/testing/lose-commits.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type CheckoutIntent, storeInTransaction } from './store-in-transaction.ts';

type CartIntent = CheckoutIntent & { readonly cart: CartRecord };

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const line = {
  ...{ variantId: 'var', productId: 'prd', shopId: 'shp', sku: 'S', title: 'T' },
  ...{ unitPrice: 1, quantity: 1 },
};

/** Stores a cart, and builds a checkout of it. */
async function givenIntent(changes: Partial<CheckoutRecord> = {}): Promise<CartIntent> {
  const now = new Date();
  const cart: CartRecord = {
    ...{ _id: newId('crt'), storefrontId: 'shop', buyerId: 'b', lines: [line], currency: 'GBP' },
    ...{ revision: 3, createdAt: now, updatedAt: now, expiresAt: now },
  };
  await store.carts.insertOne(cart);
  const _id = newId('chk');
  const checkout: CheckoutRecord = {
    ...{
      _id,
      storefrontId: 'shop',
      madeBy: 'key',
      buyerId: 'b',
      idempotencyKey: `key:${_id}`,
      requestHash: 'hash',
    },
    ...{
      status: 'queued',
      lines: [line],
      currency: 'GBP',
      total: 1,
      jobId: `${_id}.0`,
      wakeups: 0,
    },
    ...{ cartId: cart._id, receivedAt: now, acceptedAt: now },
    ...changes,
  };
  return { cart, checkout };
}

const asIs = (checkout: CheckoutRecord) => checkout;

const givenIntents = (count: number) =>
  Promise.all(Array.from({ length: count }, () => givenIntent()));

async function readState({ cart, checkout }: CartIntent) {
  const storedCart = await store.carts.findOne({ _id: cart._id });
  return {
    isStored: (await store.checkouts.countDocuments({ _id: checkout._id })) === 1,
    isMarked: storedCart?.checkoutId === checkout._id,
    revision: storedCart?.revision,
  };
}

const taken = { isStored: true, isMarked: true, revision: 4 };
const untouched = { isStored: false, isMarked: false, revision: 3 };

test('checkouts of one group are stored, and their carts marked, each once', async () => {
  const intents = await givenIntents(5);
  const results = await storeInTransaction(store, intents, { decide: asIs });
  expect(results).toEqual(intents.map(({ checkout: value }) => ({ value })));
  for (const intent of intents) expect(await readState(intent)).toEqual(taken);
});

test('a checkout that cannot be stored is reported and does not affect the others of its group', async () => {
  const [first, changed, gone, last] = (await givenIntents(4)) as [
    ...[CartIntent, CartIntent, CartIntent, CartIntent],
  ];
  const keyTaken = await givenIntent({ idempotencyKey: first.checkout.idempotencyKey ?? '' });
  const another = await givenIntent();
  const sameCart = { cart: first.cart, checkout: another.checkout };
  await store.carts.updateOne({ _id: changed.cart._id }, { $inc: { revision: 1 } });
  await store.carts.deleteOne({ _id: gone.cart._id });
  const group = [first, changed, keyTaken, gone, sameCart, last];
  const results = await storeInTransaction(store, group, { decide: asIs });
  const reasons = ['cart_changed', 'duplicate', 'cart_changed', 'cart_changed'];
  const values = [first.checkout, ...reasons, last.checkout];
  expect(results).toEqual(values.map((value) => ({ value })));
  for (const intent of [first, last]) expect(await readState(intent)).toEqual(taken);
  for (const intent of [keyTaken, another]) expect(await readState(intent)).toEqual(untouched);
  expect(await readState(changed)).toEqual({ ...untouched, revision: 4 });
});

test('a checkout is decided in the transaction that stores it, and a rejection is stored with its event', async () => {
  const rejection = { code: 'out_of_stock', variantId: 'var', requested: 1, available: 0 } as const;
  const settledAt = new Date();
  const intents = await givenIntents(2);
  await store.carts.updateOne({ _id: intents[0]?.cart._id ?? '' }, { $inc: { revision: 1 } });
  let decisions = 0;
  const decide = (checkout: CheckoutRecord): CheckoutRecord => {
    decisions += 1;
    return { ...checkout, ...{ status: 'rejected', rejection, settledAt }, wakeups: decisions };
  };
  const results = await storeInTransaction(store, intents, { decide });
  const [, second] = intents;
  const stored = await store.checkouts.findOne({ _id: second?.checkout._id ?? '' });
  expect(stored).toMatchObject({ status: 'rejected', wakeups: decisions });
  expect(results).toEqual([{ value: 'cart_changed' }, { value: stored }]);
  const entries = await store.outbox.find({ 'events.subjectId': second?.checkout._id }).toArray();
  expect(entries.flatMap(({ events }) => events)).toMatchObject([
    { type: 'checkout.rejected', at: settledAt, data: { code: 'out_of_stock' } },
  ]);
});

/** A commit is tried five times. If no try is answered, the whole transaction runs again. */
describe.each([1, 5, 7])('when the responses to %i commits are lost', (losses) => {
  test.each([1, 3])('%i checkouts are stored once, and reported as stored', async (count) => {
    const intents = await givenIntents(count);
    const lost = loseCommits(store, losses);
    const results = await storeInTransaction(store, intents, { decide: asIs });
    expect(lost.left()).toBe(0);
    expect(results).toEqual(intents.map(({ checkout: value }) => ({ value })));
    for (const intent of intents) expect(await readState(intent)).toEqual(taken);
  });
});
