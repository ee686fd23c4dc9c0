import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ON_HAND_MAX } from '../../contract/limits.ts';
import { newId } from '../../runtime/ids.ts';
import { toLapsesId } from '../../store/collections/lapsed-holds.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { runConcurrently } from '../../testing/run-concurrently.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { adjustStock } from '../adjust-stock.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { readStatuses, restock, settle, toWait } from '../testing/given-waiting.ts';
import { reconcile } from './reconcile.ts';
import { VariantIndex } from './variant-index.ts';
import { takeVerdict } from './verdict.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

/** 10 lamps: one is sold, two are reserved in two orders, and a checkout of 9 was refused. */
let lamp: GivenVariant;
let orderIds: string[];

async function settleLamps(...quantities: number[]): Promise<string[]> {
  const specs = quantities.map((quantity) => ({ lines: [toPricedLine(lamp, quantity)] }));
  const checkouts = await givenCheckouts(store, specs);
  const settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  return settled.flatMap((checkout) => checkout.orderIds);
}

beforeEach(async () => {
  await clearStore(store);
  [lamp] = await givenVariants(store, [{ onHand: 10 }, { onHand: 1 }]);
  orderIds = await settleLamps(1, 1, 1, 9);
  await moveOrders(ledger, [{ orderId: orderIds[0] ?? '', move: 'confirm', actor: 'test' }]);
});

function lampFilter() {
  return { _id: lamp.variantId };
}

async function lampLevel() {
  return store.stock.findOne(lampFilter());
}

async function editLamp(edit: object): Promise<void> {
  await rawCollection(store, 'stock').updateOne(lampFilter(), edit);
}

async function expectSound(): Promise<void> {
  expect(await reconcile(ledger, { fix: false })).toMatchObject({ differences: [], left: [] });
  const { drift, undersold, oversold } = await takeVerdict(store, { drained: false });
  expect({ drift, undersold, oversold }).toEqual({ drift: 0, undersold: 0, oversold: 0 });
}

test('a consistent record has no differences, and a fix changes nothing', async () => {
  const before = await lampLevel();
  const emptyReport = { differences: [], repaired: [], unrepairable: [], left: [] };
  expect(await reconcile(ledger, { fix: false })).toEqual(emptyReport);
  expect(await reconcile(ledger, { fix: true })).toEqual(emptyReport);
  expect(await lampLevel()).toEqual(before);
});

test('an edited counter is reported, and repaired only with `fix`', async () => {
  const before = await lampLevel();
  await editLamp({ $set: { onHand: 12, reserved: 3 } });
  const { variantId } = lamp;
  const differences = [
    { variantId, kind: 'counter', counter: 'onHand', stored: 12, expected: 9 },
    { variantId, kind: 'counter', counter: 'reserved', stored: 3, expected: 2 },
  ];
  expect(await reconcile(ledger, { fix: false })).toMatchObject({ differences, left: differences });
  expect(await lampLevel()).toMatchObject({ onHand: 12, reserved: 3 });
  const version = 6;
  expect(await reconcile(ledger, { fix: true })).toEqual({
    differences,
    repaired: [{ variantId, corrections: { onHand: -3, reserved: -1, sold: 0 }, version }],
    unrepairable: [],
    left: [],
  });
  expect(await lampLevel()).toEqual({ ...before, version });
  expect(await store.movements.findOne({ variantId, version })).toMatchObject({
    kind: 'reconcile',
    delta: { onHand: 0, reserved: 0, sold: 0 },
    reason: 'corrected onHand 12 to 9, reserved 3 to 2',
  });
  await expectSound();
});

describe('after a fix no difference remains', () => {
  const damages: Record<string, () => Promise<unknown>> = {
    'a pending order is deleted': () =>
      rawCollection(store, 'orders').deleteOne({ _id: orderIds[1] }),
    'the last order is deleted': () =>
      rawCollection(store, 'orders').deleteOne({ _id: orderIds[2] }),
    'a confirmed order is deleted': () =>
      rawCollection(store, 'orders').deleteOne({ _id: orderIds[0] }),
    'an order exists twice': async () => {
      const order = await rawCollection(store, 'orders').findOne({ _id: orderIds[1] });
      await rawCollection(store, 'orders').insertOne({ ...order, _id: newId('ord') });
    },
    'an order line has the version of another line': () =>
      rawCollection(store, 'orders').updateOne(
        { _id: orderIds[1] },
        { $set: { 'lines.0.version': 4 } },
      ),
    'an order line has a version that does not exist yet': () =>
      rawCollection(store, 'orders').updateOne(
        { _id: orderIds[1] },
        { $set: { 'lines.0.version': 70 } },
      ),
    'a status was edited in the database': () =>
      rawCollection(store, 'orders').updateOne(
        { _id: orderIds[1] },
        { $set: { status: 'cancelled' } },
      ),
    'a movement is deleted': () => rawCollection(store, 'movements').deleteOne({ kind: 'confirm' }),
    'a movement is edited': () =>
      rawCollection(store, 'movements').updateOne(
        { kind: 'confirm' },
        { $set: { 'delta.onHand': -4 } },
      ),
    'the movement of the delivery is deleted': () =>
      rawCollection(store, 'movements').deleteOne({ variantId: lamp.variantId, kind: 'adjust' }),
    'the version is too high': () => editLamp({ $inc: { version: 3 } }),
    'the version is too low': () => editLamp({ $inc: { version: -2 } }),
    'the stock level is deleted': () => rawCollection(store, 'stock').deleteOne(lampFilter()),
  };
  test.each(Object.entries(damages))('when %s', async (_, damage) => {
    await damage();
    expect((await reconcile(ledger, { fix: false })).left).not.toEqual([]);
    const { unrepairable, left } = await reconcile(ledger, { fix: true });
    expect({ unrepairable, left }).toEqual({ unrepairable: [], left: [] });
    await expectSound();
    await settleLamps(1, 100);
    await expectSound();
  });
});

test('every difference of every variant is reported', async () => {
  await rawCollection(store, 'stock').updateMany({}, { $inc: { onHand: 1, sold: 1 } });
  expect((await reconcile(ledger, { fix: false })).differences).toHaveLength(4);
});

test('a variant is judged, and repaired, before the next one is read', async () => {
  await rawCollection(store, 'stock').updateMany({}, { $inc: { onHand: 1, sold: 1 } });
  const expected = await reconcile(ledger, { fix: false });
  const readVariants = VariantIndex.prototype.variants;
  const spy = vi.spyOn(VariantIndex.prototype, 'variants').mockImplementation(function* (
    this: VariantIndex,
  ) {
    for (const variant of readVariants.call(this)) {
      yield variant;
      (variant.changes as unknown[]).length = 0;
    }
  });
  onTestFinished(() => spy.mockRestore());
  expect(await reconcile(ledger, { fix: false })).toEqual(expected);
  const corrections = { onHand: -1, reserved: 0, sold: -1 };
  expect(await reconcile(ledger, { fix: true })).toMatchObject({
    repaired: [{ corrections }, { corrections }],
    left: [],
  });
});

test('a run repairs up to `repairsMax` subjects, and the next runs repair the others', async () => {
  await givenVariants(store, [{ onHand: 3 }]);
  await rawCollection(store, 'stock').updateMany({}, { $inc: { onHand: 1 } });
  const repair = () => reconcile(ledger, { fix: true, repairsMax: 1 });
  for (const left of [2, 1, 0, 0]) {
    const report = await repair();
    expect(report.repaired).toHaveLength(report.differences.length === 0 ? 0 : 1);
    expect(report.left).toHaveLength(left);
  }
  await expectSound();
});

test('two concurrent repairs correct the counters once', async () => {
  await editLamp({ $inc: { onHand: 5 } });
  const both = await Promise.all([1, 2].map(() => reconcile(ledger, { fix: true })));
  expect(both.flatMap(({ repaired }) => repaired)).toHaveLength(1);
  expect(await lampLevel()).toMatchObject({ onHand: 9, reserved: 2, sold: 1 });
  await expectSound();
});

const BUYERS = 20;
/** They settle without locks: if all did so at once, they would conflict too long on a busy machine. */
const BUYERS_AT_ONCE = 4;

test('a repair during sales corrects the damage and nothing else', async () => {
  const adjustment = { reason: 'delivery', actor: 'test', onHandMax: ON_HAND_MAX };
  const { variantId, productId } = lamp;
  await adjustStock(ledger, [
    { ...adjustment, movementId: newId('mov'), variantId, productId, amount: { set: 209 } },
  ]);
  await editLamp({ $inc: { onHand: -50 } });
  const [{ left, repaired }] = await Promise.all([
    reconcile(ledger, { fix: true }),
    runConcurrently(BUYERS, BUYERS_AT_ONCE, () => settleLamps(1)),
  ]);
  expect({ left, repaired }).toEqual({ left: [], repaired: [expect.anything()] });
  expect(await lampLevel()).toMatchObject({ onHand: 209, reserved: 2 + BUYERS, sold: 1 });
  await expectSound();
});

test('a variant whose orders hold more units than are on hand is reported as unrepairable', async () => {
  const order = await rawCollection(store, 'orders').findOne({ _id: orderIds[1] });
  const line = { ...toPricedLine(lamp, 9), version: 99 };
  await rawCollection(store, 'orders').insertOne({ ...order, _id: newId('ord'), lines: [line] });
  const { repaired, unrepairable, left } = await reconcile(ledger, { fix: true });
  expect(repaired).toEqual([]);
  expect(unrepairable).toEqual([
    { variantId: lamp.variantId, reason: 'orders hold 11 units and only 9 are on hand' },
  ]);
  expect(left).not.toEqual([]);
});

test.each([
  ['exists', false],
  ['was deleted', true],
])('waiting checkouts get units that a repair frees, if the level %s', async (_, isDeleted) => {
  await restock(ledger, lamp, -7);
  const waiting = await givenCheckouts(store, [toWait(lamp), toWait(lamp)]);
  expect(await settle(ledger, waiting)).toEqual(['waiting', 'waiting']);
  const cancelled = { $set: { status: 'cancelled' } };
  await rawCollection(store, 'orders').updateOne({ _id: orderIds[1] }, cancelled);
  if (isDeleted) await rawCollection(store, 'stock').deleteOne(lampFilter());
  const onFreed = vi.fn();
  const { left } = await reconcile({ ...ledger, onFreed }, { fix: true });
  expect(left).toEqual([]);
  const { variantId, productId } = lamp;
  expect(onFreed.mock.calls).toEqual([[[{ variantId, productId }]]]);
  expect(await lampLevel()).toMatchObject({ waits: 1, freedAt: expect.any(Date) });
  await settle(ledger, await givenCheckouts(store, [toWait(lamp)]));
  expect(await readStatuses(store, waiting)).toEqual(['placed', 'waiting']);
  await expectSound();
});

test('a level that a repair creates again has the highest number of lapses of any buyer of its product', async () => {
  const { productId } = lamp;
  const _id = toLapsesId({ storefrontId: lamp.shopId, buyerId: 'ana' }, productId);
  const until = new Date(Date.now() + 3_600_000);
  const lapses = { _id, productId, orderIds: orderIds.slice(0, 2), count: 2, until };
  await rawCollection(store, 'lapsedHolds').insertOne(lapses);
  await rawCollection(store, 'stock').deleteOne(lampFilter());
  await reconcile(ledger, { fix: true });
  expect(await lampLevel()).toMatchObject({ lapses: 2 });
});
