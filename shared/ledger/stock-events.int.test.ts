import { beforeEach, expect, test } from 'vitest';
import { ON_HAND_MAX } from '../contract/limits.ts';
import { newId } from '../runtime/ids.ts';
import { writable } from '../store/writable.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { adjustStock } from './adjust-stock.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

beforeEach(() => clearStore(store));

async function givenStock(onHand: number, lowStockThreshold: number): Promise<GivenVariant> {
  const [variant] = await givenVariants(store, [{ onHand }]);
  await writable(store).stock.updateOne(
    { _id: variant.variantId },
    { $set: { lowStockThreshold } },
  );
  return variant;
}

async function buy(variant: GivenVariant, ...quantities: number[]): Promise<string[]> {
  const checkouts = await givenCheckouts(
    store,
    quantities.map((quantity) => ({ lines: [toPricedLine(variant, quantity)] })),
  );
  const settled = await settleCheckouts(
    ledger,
    checkouts.map((checkout) => checkout._id),
  );
  return settled.flatMap(({ orderIds }) => [...orderIds]);
}

async function move(orderId: string | undefined, name: 'confirm' | 'cancel') {
  await moveOrders(ledger, [{ orderId: orderId ?? '', move: name, actor: 'test' }]);
}

/** Returns the published events of the variant's stock, except adjustments, in their order. */
async function readPublished(variant: GivenVariant) {
  const entries = await store.outbox.find().sort({ _id: 1 }).toArray();
  return entries
    .flatMap((entry) => entry.events)
    .filter((event) => event.subjectId === variant.variantId && event.type !== 'stock.adjusted');
}

test('a batch that crosses both thresholds raises each alert once, with the last version', async () => {
  const variant = await givenStock(10, 5);
  await buy(variant, 3);
  expect(await readPublished(variant)).toEqual([]);
  await buy(variant, 2, 2, 3);
  const data = { productId: variant.productId, available: 0, onHand: 10, lowStockThreshold: 5 };
  expect(await readPublished(variant)).toMatchObject([
    { type: 'stock.low', seq: 5, shopIds: [variant.shopId], data },
    { type: 'stock.depleted', seq: 5, data },
  ]);
});

test('an alert is not repeated until the units have been above the threshold', async () => {
  const variant = await givenStock(10, 5);
  const [first] = await buy(variant, 6);
  await buy(variant, 1);
  expect((await readPublished(variant)).map(({ type }) => type)).toEqual(['stock.low']);
  await move(first, 'cancel');
  await buy(variant, 5);
  expect((await readPublished(variant)).map(({ type }) => type)).toEqual([
    'stock.low',
    'stock.returned',
    'stock.low',
  ]);
});

test('units that come back are published with their order and whether the stock was depleted', async () => {
  const variant = await givenStock(4, 0);
  const [first, second] = await buy(variant, 3, 1);
  await move(second, 'confirm');
  await move(first, 'cancel');
  await move(second, 'cancel');
  const returned = (await readPublished(variant)).filter(({ type }) => type === 'stock.returned');
  expect(returned).toMatchObject([
    { seq: 5, data: { orderId: first, units: 3, available: 3, wasDepleted: true } },
    { seq: 6, data: { orderId: second, units: 1, available: 4, wasDepleted: false } },
  ]);
});

test('an adjustment to the threshold or below raises an alert, and a confirmation raises none', async () => {
  const variant = await givenStock(10, 5);
  const [order] = await buy(variant, 1);
  await move(order, 'confirm');
  expect(await readPublished(variant)).toEqual([]);
  const { variantId, productId } = variant;
  const common = { reason: 'broken', actor: 'test', onHandMax: ON_HAND_MAX };
  const adjustment = { movementId: newId('mov'), variantId, productId, amount: { set: 2 } };
  await adjustStock(ledger, [{ ...adjustment, ...common }]);
  expect(await readPublished(variant)).toMatchObject([
    { type: 'stock.low', data: { available: 2 } },
  ]);
});
