import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StorefrontPolicy } from '../domain/storefront-rights.ts';
import type { PricedLine } from '../domain/vocabulary.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { tryAgain } from '../testing/try-again.ts';
import { reconcile } from './judging/reconcile.ts';
import { takeVerdict } from './judging/verdict.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

beforeEach(() => clearStore(store));
afterEach(() => vi.restoreAllMocks());

type Spec = Partial<CheckoutRecord> & { readonly lines: readonly PricedLine[] };

const freeLine = (variant: GivenVariant, quantity = 1) => ({
  ...toPricedLine(variant, quantity),
  unitPrice: 0,
});

/** A free order of these units that the seller's own storefront may confirm. */
function freeOrder(variant: GivenVariant, quantity = 1) {
  const { shopId } = variant;
  return { lines: [freeLine(variant, quantity)], storefrontId: shopId, confirmFreeOf: [shopId] };
}

async function settle(...specs: readonly Spec[]) {
  const ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
  const settled = await settleCheckouts(ledger, ids);
  // A second run finds the outcomes of the first run and returns them.
  expect(await settleCheckouts(ledger, ids)).toMatchObject(
    settled.map(({ status }) => ({ status })),
  );
  return settled;
}

async function expectExactRecord(): Promise<void> {
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
}

const setPolicy = ({ shopId }: GivenVariant, policy: Partial<StorefrontPolicy>) =>
  store.shops.updateOne({ _id: shopId }, { $set: policy });
const orderOf = (id = '') => store.orders.findOne<OrderRecord>({ _id: id });
const levelOf = ({ variantId }: GivenVariant) => store.stock.findOne({ _id: variantId });

test('a free order is placed and confirmed in one transaction', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const { shopId, variantId } = variant;
  const [settled] = await settle(freeOrder(variant, 2));
  const [orderId = ''] = settled?.orderIds ?? [];
  const order = await orderOf(orderId);
  expect(order).toMatchObject({
    status: 'confirmed',
    seq: 2,
    lines: [{ version: 2 }],
    history: [
      { status: 'pending', actor: 'key_test' },
      { status: 'confirmed', actor: 'system', reason: 'nothing to pay' },
    ],
  });
  expect(await levelOf(variant)).toMatchObject({ onHand: 3, reserved: 0, sold: 2, version: 3 });
  const movements = await store.movements.find({ variantId, reference: orderId }).toArray();
  expect(movements).toMatchObject([
    { version: 3, kind: 'confirm', delta: { onHand: -2, reserved: -2, sold: 2 } },
  ]);
  const [entry, ...others] = await store.outbox
    .find({ 'events.type': 'checkout.placed' })
    .toArray();
  expect(others).toEqual([]);
  expect(entry?.events).toMatchObject([
    { type: 'checkout.placed', subjectId: settled?.checkoutId, seq: 1 },
    { type: 'order.confirmed', subjectId: orderId, seq: 2, shopIds: [shopId] },
  ]);
  await expectExactRecord();
});

test('a free order can be cancelled, and confirming it again changes nothing', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const [settled] = await settle(freeOrder(variant));
  const [orderId = ''] = settled?.orderIds ?? [];
  const move = async (name: 'confirm' | 'cancel') =>
    (await moveOrders(ledger, [{ orderId, move: name, actor: 'test' }]))[0]?.kind;
  expect([await move('confirm'), await move('cancel')]).toEqual(['unchanged', 'moved']);
  expect(await levelOf(variant)).toMatchObject({ onHand: 1, reserved: 0, sold: 0 });
  await expectExactRecord();
});

test('free orders in a batch do not change the versions on which other orders and refusals were decided', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 4 }]);
  const free = freeOrder(variant);
  const settled = await settle(
    free,
    { lines: [toPricedLine(variant)] },
    { lines: [toPricedLine(variant, 3)] },
    free,
    { lines: [freeLine(variant)] },
    free,
  );
  const statuses = settled.map(({ status }) => status);
  expect(statuses).toEqual(['placed', 'placed', 'rejected', 'placed', 'placed', 'rejected']);
  const orders = await Promise.all(settled.map(({ orderIds }) => orderOf(orderIds[0])));
  expect(orders.map((order) => order?.status)).toEqual([
    ...['confirmed', 'pending', undefined, 'confirmed', 'pending', undefined],
  ]);
  expect(await levelOf(variant)).toMatchObject({ onHand: 2, reserved: 2, sold: 2, version: 7 });
  const movements = await store.movements.find({ kind: 'confirm' }).sort({ version: 1 }).toArray();
  expect(movements.map(({ version }) => version)).toEqual([6, 7]);
  await expectExactRecord();
});

test('a checkout confirms only those free orders that its storefront may confirm', async () => {
  const [gift, shirt, sample] = await givenVariants(store, [
    { onHand: 3, shop: 'gifts' },
    { onHand: 3, shop: 'shirts' },
    { onHand: 3, shop: 'samples' },
  ]);
  const lines = [freeLine(gift), toPricedLine(shirt), freeLine(sample)];
  const { shopId: storefrontId } = gift;
  const listed = { id: 'sft_test', shopId: storefrontId, maySell: true, mayConfirm: true };
  await setPolicy(shirt, { storefronts: [{ ...listed, createdAt: new Date() }] });
  const confirmFreeOf = [gift.shopId, shirt.shopId];
  const [settled] = await settle({ lines, storefrontId, confirmFreeOf });
  const orders = await Promise.all((settled?.orderIds ?? []).map(orderOf));
  expect(orders.map((order) => [order?.shopId, order?.status])).toEqual([
    [gift.shopId, 'confirmed'],
    [shirt.shopId, 'pending'],
    [sample.shopId, 'pending'],
  ]);
  await expectExactRecord();
});

test('a code that makes an order free is used once, and cancelling gives the use back', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 2, price: 1 }]);
  const discount = await givenDiscount(store, variant.shopId, { usageLimit: 1 });
  const free = {
    ...withDiscounts([toPricedLine(variant)], [discount], 'shop/ana'),
    storefrontId: variant.shopId,
    confirmFreeOf: [variant.shopId],
  };
  const settled = await settle(free, free);
  expect(settled.map(({ status, rejection }) => rejection?.code ?? status)).toEqual([
    ...['placed', 'discount_exhausted'],
  ]);
  const uses = async () => (await store.discounts.findOne({ _id: discount._id }))?.uses;
  expect(await orderOf(settled[0]?.orderIds[0])).toMatchObject({ status: 'confirmed', total: 0 });
  expect(await uses()).toBe(1);
  await expectExactRecord();
  const orderId = settled[0]?.orderIds[0] ?? '';
  await moveOrders(ledger, [{ orderId, move: 'cancel', actor: 'test' }]);
  expect(await uses()).toBe(0);
  await expectExactRecord();
});

test('of concurrent free orders, as many are confirmed as there are units', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 7 }]);
  const free = freeOrder(variant);
  const checkouts = await givenCheckouts(store, Array(20).fill(free));
  await Promise.all(checkouts.map(({ _id }) => tryAgain(() => settleCheckouts(ledger, [_id]))));
  expect(await store.orders.countDocuments({ status: 'confirmed' })).toBe(7);
  expect(await levelOf(variant)).toMatchObject({ onHand: 0, reserved: 0, sold: 7 });
  await expectExactRecord();
});

describe('through a storefront of another shop', () => {
  const storefrontId = 'shp_other';
  const madeBy = 'key_other';
  const listed = { id: 'sft_1', shopId: storefrontId, maySell: true, createdAt: new Date() };
  const listedKey = { id: 'sft_2', keyId: madeBy, maySell: true, createdAt: new Date() };

  /** Settles a free order that the storefront could confirm at acceptance, under this policy. */
  async function settleUnder(policy: Partial<StorefrontPolicy>): Promise<string | undefined> {
    const [variant] = await givenVariants(store, [{ onHand: 1 }]);
    await setPolicy(variant, policy);
    const [settled] = await settle({ ...freeOrder(variant), storefrontId, madeBy });
    expect(settled?.status).toBe('placed');
    await expectExactRecord();
    return (await orderOf(settled?.orderIds[0]))?.status;
  }

  test.each([
    [
      'lists the storefront with the right to confirm',
      'confirmed',
      [{ ...listed, mayConfirm: true }],
    ],
    ['lists the key with the right to confirm', 'confirmed', [{ ...listedKey, mayConfirm: true }]],
    ['no longer lists the storefront', 'pending', []],
    ['has revoked the right of the storefront', 'pending', [{ ...listed, mayConfirm: false }]],
    [
      'has revoked the right of the key',
      'pending',
      [
        { ...listed, mayConfirm: true },
        { ...listedKey, mayConfirm: false },
      ],
    ],
  ])('if the seller %s when the order settles, the order is %s', async (_, status, storefronts) => {
    expect(await settleUnder({ storefronts })).toBe(status);
  });

  test('a free order of a shop that no longer exists stays pending', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 1 }]);
    await store.shops.deleteOne({ _id: variant.shopId });
    const [settled] = await settle({ ...freeOrder(variant), storefrontId });
    expect(await orderOf(settled?.orderIds[0])).toMatchObject({ status: 'pending' });
  });

  test('each free order of a checkout is decided by the policy of its own seller', async () => {
    const [trusting, other] = await givenVariants(store, [
      { onHand: 2, shop: 'trusting' },
      { onHand: 2, shop: 'other' },
    ]);
    await setPolicy(trusting, { storefronts: [{ ...listed, mayConfirm: true }] });
    const lines = [freeLine(trusting), freeLine(other)];
    const confirmFreeOf = [trusting.shopId, other.shopId];
    const [settled] = await settle({ lines, confirmFreeOf, storefrontId });
    const orders = await Promise.all((settled?.orderIds ?? []).map(orderOf));
    expect(orders.map((order) => order?.status)).toEqual(['confirmed', 'pending']);
    await expectExactRecord();
  });
});

test('sellers are read only for free orders from another shop’s storefront', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const read = vi.spyOn(store.shops, 'find');
  await settle(freeOrder(variant), { lines: [toPricedLine(variant)] });
  expect(read).not.toHaveBeenCalled();
  await settle({ ...freeOrder(variant), storefrontId: 'shp_other' });
  expect(read).toHaveBeenCalledTimes(1);
});
