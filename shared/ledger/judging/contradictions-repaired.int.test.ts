import { beforeEach, describe, expect, test } from 'vitest';
import type { DiscountRecord } from '../../store/collections/discounts.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { reconcile } from './reconcile.ts';
import { takeVerdict } from './verdict.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);
const { audit, movements } = store;

/** 4 shirts: one sold, one reserved with a discount, two left. */
let shirt: GivenVariant;
let discount: DiscountRecord;
let orderIds: string[];

async function settle(...specs: Parameters<typeof givenCheckouts>[1]): Promise<string[]> {
  const ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
  return (await settleCheckouts(ledger, ids)).flatMap((settled) => settled.orderIds);
}

beforeEach(async () => {
  await clearStore(store);
  [shirt] = await givenVariants(store, [{ onHand: 4 }]);
  discount = await givenDiscount(store, shirt.shopId, { usageLimit: 5 });
  const discounted = withDiscounts([toPricedLine(shirt)], [discount], 'shop/ana');
  orderIds = await settle({ lines: [toPricedLine(shirt)] }, discounted);
  await moveOrders(ledger, [{ orderId: orderIds[0] ?? '', move: 'confirm', actor: 'test' }]);
});

async function editOrder(index: number, edit: object): Promise<unknown> {
  return rawCollection(store, 'orders').updateOne({ _id: orderIds[index] }, edit);
}

async function editShirt(edit: object): Promise<unknown> {
  return rawCollection(store, 'stock').updateOne({ _id: shirt.variantId }, edit);
}

async function editConfirm($set: object): Promise<unknown> {
  return rawCollection(store, 'movements').updateOne({ kind: 'confirm' }, { $set });
}

async function usesNow() {
  const { uses, version } =
    (await rawCollection(store, 'discounts').findOne({ _id: discount._id })) ?? {};
  return { uses, version };
}

async function expectOk(): Promise<void> {
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ drift: 0, ok: true });
}

describe('after a fix no difference remains', () => {
  const damages: Record<string, () => Promise<unknown>> = {
    'a confirmation did not reduce the units on hand': async () => {
      await editConfirm({ 'delta.onHand': 0 });
      await editShirt({ $inc: { onHand: 1 } });
    },
    'a confirmation is recorded as an adjustment': () => editConfirm({ kind: 'adjust' }),
    'a confirmation records no sold units': () => editConfirm({ 'delta.sold': 0 }),
    'the sums of an order are edited': () => editOrder(0, { $set: { total: 1, subtotal: 2 } }),
    'an order is edited to be delivered': () => editOrder(0, { $set: { status: 'delivered' } }),
    'a pending order is confirmed by an edit in the database': () =>
      editOrder(1, { $set: { status: 'confirmed' } }),
    'the count of units held by unlisted storefronts is edited': () =>
      editShirt({ $set: { heldByUnlisted: 1 } }),
    'the units that an unlisted storefront holds are not counted': () =>
      editOrder(1, { $set: { isUnlisted: true } }),
    'an order with a discount has no buyer, and the uses are edited': async () => {
      await editOrder(1, { $unset: { buyerKey: '' } });
      await rawCollection(store, 'discounts').updateOne({}, { $inc: { uses: 1 } });
    },
    "a discount's version is too low": () =>
      rawCollection(store, 'discounts').updateOne({}, { $set: { version: 0 } }),
  };
  test.each(Object.entries(damages))('when %s', async (_, damage) => {
    await damage();
    expect((await reconcile(ledger, { fix: false })).left).not.toEqual([]);
    const { unrepairable, left } = await reconcile(ledger, { fix: true });
    expect({ unrepairable, left }).toEqual({ unrepairable: [], left: [] });
    await expectOk();
    await settle(
      withDiscounts([toPricedLine(shirt)], [discount], 'shop/ben'),
      { lines: [toPricedLine(shirt)] },
      { lines: [toPricedLine(shirt)] },
    );
    await expectOk();
    expect((await reconcile(ledger, { fix: true })).repaired).toEqual([]);
  });
});

test('a confirmation that did not reduce the units on hand is corrected', async () => {
  await editConfirm({ 'delta.onHand': 0 });
  await editShirt({ $inc: { onHand: 1 } });
  const { variantId } = shirt;
  expect(await reconcile(ledger, { fix: true })).toMatchObject({
    differences: [
      { variantId, kind: 'change_shape', change: 'confirm' },
      { variantId, kind: 'counter', counter: 'onHand', stored: 4, expected: 3 },
    ],
    repaired: [{ variantId, corrections: { onHand: -1, reserved: 0, sold: 0 } }],
  });
  const delta = { onHand: -1, reserved: -1, sold: 1 };
  expect(await movements.findOne({ kind: 'confirm' })).toMatchObject({ delta });
});

test('units that were sold twice stay oversold, and cannot be repaired', async () => {
  await editConfirm({ 'delta.onHand': 0 });
  await editShirt({ $inc: { onHand: 1 } });
  await settle({ lines: [toPricedLine(shirt, 3)] });
  const { repaired, unrepairable } = await reconcile(ledger, { fix: true });
  const reason = 'orders hold 4 units and only 3 are on hand';
  expect({ repaired, unrepairable }).toEqual({
    repaired: [],
    unrepairable: [{ variantId: shirt.variantId, reason }],
  });
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ oversold: 1, ok: false });
});

test('a disagreement between an order and its checkout is reported and not repaired', async () => {
  await editOrder(0, { $set: { 'lines.0.unitPrice': 1 } });
  const orderId = orderIds[0];
  const reason =
    'the order and its checkout differ, and the record does not show which of them is right';
  expect(await reconcile(ledger, { fix: true })).toMatchObject({
    differences: [{ orderId, field: 'lines.0.unitPrice', stored: 1, expected: 1_000 }],
    repaired: [],
    unrepairable: [{ orderId, reason }],
  });
});

test('a repaired order has a new version, and is indexed again', async () => {
  await editOrder(1, { $set: { status: 'confirmed' } });
  const readOrder = () => store.orders.findOne({ _id: orderIds[1] ?? '' });
  const seq = (await readOrder())?.seq ?? 0;
  await reconcile(ledger, { fix: true });
  expect((await readOrder())?.seq).toBe(seq + 1);
  expect(await store.searchRequests.find().toArray()).toMatchObject([
    { subjectIds: [orderIds[1]] },
  ]);
});

test('two concurrent fixes correct uses once, and only one of them reports the repair', async () => {
  await rawCollection(store, 'discounts').updateOne({}, { $inc: { uses: 1 } });
  const { version = 0 } = await usesNow();
  const both = await Promise.all([1, 2].map(() => reconcile(ledger, { fix: true })));
  expect(both.flatMap(({ repaired }) => repaired)).toEqual([
    { discountId: discount._id, correction: -1, version: version + 1 },
  ]);
  expect(await usesNow()).toEqual({ uses: 1, version: version + 1 });
  expect(await audit.countDocuments({ target: discount._id })).toBe(1);
});

test('an order that has lost its buyer and its checkout still counts as a use', async () => {
  await editOrder(1, { $unset: { buyerKey: '' } });
  const { checkoutId = '' } =
    (await rawCollection(store, 'orders').findOne({ _id: orderIds[1] })) ?? {};
  await store.checkouts.deleteOne({ _id: checkoutId });
  await rawCollection(store, 'discounts').updateOne({}, { $inc: { uses: 4 } });
  expect((await reconcile(ledger, { fix: true })).left).toEqual([]);
  expect(await usesNow()).toMatchObject({ uses: 1 });
});

test('a repair that leaves no units emits stock alerts, as any other change does', async () => {
  await settle({ lines: [toPricedLine(shirt, 2)] });
  await rawCollection(store, 'stock').updateOne(
    {},
    { $inc: { onHand: 1 }, $set: { lowStockThreshold: 0 } },
  );
  await rawCollection(store, 'outbox').deleteMany({});
  await reconcile(ledger, { fix: true });
  const events = (await store.outbox.find().toArray()).flatMap((entry) => entry.events);
  expect(events.map(({ type }) => type)).toEqual(['stock.adjusted', 'stock.low', 'stock.depleted']);
});
