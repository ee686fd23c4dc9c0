import { beforeEach, describe, expect, test } from 'vitest';
import type { Verdict } from '../../domain/judging/verdict.ts';
import type { DiscountRecord } from '../../store/collections/discounts.ts';
import {
  type GivenVariant,
  givenCheckout,
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

/** 4 shirts, all of them sold or reserved, and 2 hats; a discount that each buyer may use once. */
let shirt: GivenVariant;
let hat: GivenVariant;
let discount: DiscountRecord;
let orderIds: string[];

beforeEach(async () => {
  await clearStore(store);
  [shirt, hat] = await givenVariants(store, [{ onHand: 4 }, { onHand: 2 }]);
  discount = await givenDiscount(store, shirt.shopId, { usageLimit: 5, usageLimitPerBuyer: 1 });
  const accepted = await givenCheckouts(store, [
    { lines: [toPricedLine(shirt)] },
    { lines: [toPricedLine(shirt, 2)] },
    withDiscounts([toPricedLine(shirt)], [discount], 'shop/ana'),
    withDiscounts([toPricedLine(hat)], [discount], 'shop/ben'),
    withDiscounts([toPricedLine(hat)], [discount], 'shop/ben'),
    { lines: [toPricedLine(shirt, 5)] },
  ]);
  const ids = accepted.map(({ _id }) => _id);
  const settled = await settleCheckouts(ledger, ids);
  orderIds = settled.flatMap((checkout) => checkout.orderIds);
  await moveOrders(ledger, [{ orderId: orderIds[0] ?? '', move: 'confirm', actor: 'test' }]);
});

async function editOrder(index: number, edit: object): Promise<unknown> {
  return rawCollection(store, 'orders').updateOne({ _id: orderIds[index] }, edit);
}

async function keepConfirmedUnitOnHand(): Promise<void> {
  await rawCollection(store, 'movements').updateOne(
    { kind: 'confirm' },
    { $set: { 'delta.onHand': 0 } },
  );
  await rawCollection(store, 'stock').updateOne({ _id: shirt.variantId }, { $inc: { onHand: 1 } });
}

/** Takes a verdict at once and in ranges of one checkout, change or use. Both must be the same. */
async function takeFigures() {
  const whole = await takeVerdict(store, { drained: true });
  const smallest = { checkouts: 1, changes: 1, uses: 1 };
  const byRanges = await takeVerdict(store, { drained: true }, smallest);
  expect(byRanges).toEqual({ ...whole, at: byRanges.at });
  const { oversold, undersold, lost, duplicated, drift, ok } = byRanges;
  return { oversold, undersold, lost, duplicated, drift, ok };
}

const SOUND = { oversold: 0, undersold: 0, lost: 0, duplicated: 0, drift: 0, ok: true };

test('a record that only the ledger has written is sound', async () => {
  expect(await takeFigures()).toEqual(SOUND);
});

describe('each kind of damage changes exactly the figures that count it', () => {
  const refused = { 'rejection.code': 'out_of_stock' };
  const damages: [string, Partial<Verdict>, () => Promise<unknown>][] = [
    ['a confirmation did not reduce the units on hand', { drift: 1 }, keepConfirmedUnitOnHand],
    [
      'units that a confirmation left on hand are sold again',
      { drift: 1, oversold: 1 },
      async () => {
        await keepConfirmedUnitOnHand();
        const { _id } = await givenCheckout(store, { lines: [toPricedLine(shirt)] });
        expect(await settleCheckouts(ledger, [_id])).toMatchObject([{ status: 'placed' }]);
      },
    ],
    [
      'a confirmation is recorded as an adjustment',
      { drift: 1 },
      () =>
        rawCollection(store, 'movements').updateOne(
          { kind: 'confirm' },
          { $set: { kind: 'adjust' } },
        ),
    ],
    [
      'a movement has a kind that does not exist',
      { drift: 1 },
      () =>
        rawCollection(store, 'movements').updateOne(
          { kind: 'confirm' },
          { $set: { kind: 'sale' } },
        ),
    ],
    [
      'a refused checkout has no reason',
      { lost: 1 },
      () => rawCollection(store, 'checkouts').updateOne(refused, { $unset: { rejection: '' } }),
    ],
    [
      'a refused checkout has a reason that does not exist',
      { lost: 1 },
      () =>
        rawCollection(store, 'checkouts').updateOne(refused, {
          $set: { 'rejection.code': 'sold_out' },
        }),
    ],
    [
      'two orders of one variant swap their quantities',
      { drift: 2 },
      async () => {
        await editOrder(1, { $set: { 'lines.0.quantity': 1 } });
        await editOrder(2, { $set: { 'lines.0.quantity': 2 } });
      },
    ],
    ...[
      { 'lines.0.shopId': 'shp_other' },
      { 'lines.0.unitPrice': 1 },
      { total: 1, subtotal: 7, discount: 3 },
      { currency: 'EUR' },
      { buyerId: 'another buyer' },
      { status: 'delivered' },
    ].map(($set): (typeof damages)[number] => [
      `an order is edited to have another ${Object.keys($set).join(', ')}`,
      { drift: 1 },
      () => editOrder(0, { $set }),
    ]),
    [
      'the history of an order is deleted',
      { drift: 1 },
      () => editOrder(0, { $set: { history: [] } }),
    ],
    [
      'the amount of a discount is edited',
      { drift: 1 },
      () => editOrder(2, { $set: { 'discounts.0.amount': 500 } }),
    ],
    [
      'an order loses its discount',
      { drift: 1 },
      () => editOrder(2, { $unset: { discounts: '', buyerKey: '' } }),
    ],
    [
      'an order loses its discount, and the uses are edited to agree',
      { drift: 1 },
      async () => {
        await editOrder(2, { $unset: { discounts: '', buyerKey: '' } });
        await rawCollection(store, 'discounts').updateOne({}, { $inc: { uses: -1 } });
      },
    ],
    [
      'an order with a discount has no buyer',
      { drift: 1 },
      () => editOrder(2, { $unset: { buyerKey: '' } }),
    ],
    [
      'an order with a discount gets another buyer, who has used the discount already',
      { drift: 1 },
      () => editOrder(2, { $set: { buyerKey: 'shop/ben' } }),
    ],
    [
      'a buyer has more orders with a discount than the limit',
      { drift: 1 },
      async () => {
        const $set = { buyerKey: 'shop/ben' };
        await editOrder(2, { $set });
        await rawCollection(store, 'checkouts').updateMany({ buyerKey: 'shop/ana' }, { $set });
      },
    ],
    [
      'uses are edited',
      { drift: 1 },
      () => rawCollection(store, 'discounts').updateOne({}, { $inc: { uses: 1 } }),
    ],
    [
      'the stock level of a variant with a pending order is deleted',
      { drift: 1 },
      () => rawCollection(store, 'stock').deleteOne({ _id: hat.variantId }),
    ],
  ];
  test.each(damages)('%s', async (_, changed, damage) => {
    await damage();
    expect(await takeFigures()).toEqual({ ...SOUND, ...changed, ok: false });
    const { differences } = await reconcile(ledger, { fix: false });
    expect(differences.length > 0).toBe(changed.drift !== undefined);
  });
});

test('a limit per buyer that was lowered below the current uses is no contradiction', async () => {
  const $set = { usageLimitPerBuyer: 0 };
  await rawCollection(store, 'discounts').updateOne(
    {},
    { $set, $inc: { revision: 1, version: 1 } },
  );
  expect(await takeFigures()).toEqual(SOUND);
});
