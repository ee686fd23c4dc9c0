import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { DRAW_FOLLOW_UP_HOURS } from '../../shared/domain/draws.ts';
import { cancelDraw } from '../../shared/ledger/draws/close-draw.ts';
import { createDraw } from '../../shared/ledger/draws/create-draw.ts';
import { storeEntries } from '../../shared/ledger/draws/store-entries.ts';
import { findDifferences } from '../../shared/ledger/judging/reconcile.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import {
  CANCELLATION,
  toDrawDraft,
  toEntryDraft,
} from '../../shared/ledger/testing/given-draws.ts';
import { toDrawOrder } from '../../shared/runtime/draw-order.ts';
import { toOrderId } from '../../shared/runtime/ids.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenLedger, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { DrawRunner } from './draw-sweep.ts';

const LENGTH_MS = 60_000;
const FOLLOW_UP_MS = DRAW_FOLLOW_UP_HOURS * 3_600_000;
/** More than the rounds of any test. */
const ROUNDS_MAX = 20;
const GROUP = 500;

const namespace = testNamespace();
const clock = manualClock();
let store: Store;
let ledger: LedgerContext;

beforeAll(async () => {
  store = await openTestStore(namespace);
  ledger = givenLedger(store, { clock });
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface DrawSpec {
  readonly units: number;
  readonly perBuyer?: number;
  /** The units that each entry requests. */
  readonly quantities: readonly number[];
}

/** Creates an open draw with its entries, in the order of `quantities`. */
async function givenDraw({ units, perBuyer = 1, quantities }: DrawSpec) {
  const [variant] = await givenVariants(store, [{ onHand: units }]);
  const terms = { now: clock.now(), lengthMs: LENGTH_MS, perBuyer };
  const { draw, seed } = toDrawDraft(variant, units, terms);
  await createDraw(ledger, { draw, seed });
  const entries = quantities.map((quantity, buyer) => toEntryDraft(draw, variant, buyer, quantity));
  for (let from = 0; from < entries.length; from += GROUP) {
    const stored = await storeEntries(store, entries.slice(from, from + GROUP));
    for (const result of stored) expect(result).toEqual({ value: 'stored' });
  }
  return { draw, variant, seed, entries };
}

const readDraw = ({ _id }: DrawRecord) => store.draws.findOne({ _id });

async function confirmAll({ _id: drawId }: DrawRecord) {
  const orders = await store.orders.find({ drawId, status: 'pending' }).toArray();
  const moves = orders.map(({ _id: orderId }) => ({ orderId, actor: 'test' }));
  await moveOrders(
    ledger,
    moves.map((command) => ({ ...command, move: 'confirm' as const })),
  );
}

/**
 * Runs rounds until a draw is settled.
 * @param toRunner returns the runner of the next round
 * @returns the number of rounds
 */
async function roundsUntilSettled(draw: DrawRecord, toRunner: () => DrawRunner): Promise<number> {
  for (let rounds = 1; rounds <= ROUNDS_MAX; rounds += 1) {
    await toRunner().round();
    if ((await readDraw(draw))?.status === 'settled') return rounds;
  }
  throw new Error(`the draw is not settled after ${ROUNDS_MAX} rounds`);
}

test('a draw ends when its remaining units are too few for any of thousands of entries', async () => {
  const { draw } = await givenDraw({
    units: 3,
    perBuyer: 2,
    quantities: Array.from({ length: 2_200 }, () => 2),
  });
  clock.advance(LENGTH_MS);
  const runner = new DrawRunner(ledger);
  await runner.round();
  expect(await readDraw(draw)).toMatchObject({ status: 'closed', held: 1, openOrders: 1 });
  await confirmAll(draw);
  await roundsUntilSettled(draw, () => runner);
  expect(await store.checkouts.countDocuments({ drawId: draw._id, status: 'waiting' })).toBe(0);
  expect(await store.stock.findOne({ _id: draw.variantId })).toMatchObject({ reserved: 0 });
  expect(await findDifferences({ store })).toEqual([]);
}, 60_000);

test('units that come back to a draw go to an entry that was too large before', async () => {
  const { draw } = await givenDraw({ units: 3, perBuyer: 2, quantities: [2, 2, 2] });
  clock.advance(LENGTH_MS);
  const runner = new DrawRunner(ledger);
  await runner.round();
  await runner.round();
  const [order] = await store.orders.find({ drawId: draw._id }).toArray();
  await moveOrders(ledger, [{ orderId: order?._id ?? '', actor: 'test', move: 'cancel' }]);
  await runner.round();
  expect(await readDraw(draw)).toMatchObject({ status: 'closed', held: 1, openOrders: 1 });
  const placed = await store.drawEntries.find({ drawId: draw._id, isPlaced: true }).toArray();
  expect(placed.map(({ rank }) => rank).sort()).toEqual([0, 1]);
});

test('a draw closes and places its winners while the entries of a larger draw are rejected', async () => {
  const large = await givenDraw({ units: 1, quantities: Array.from({ length: 1_200 }, () => 1) });
  clock.advance(LENGTH_MS);
  await new DrawRunner(ledger).round();
  const small = await givenDraw({ units: 1, quantities: [1] });
  await confirmAll(large.draw);
  clock.advance(LENGTH_MS);
  expect(await new DrawRunner(ledger).round()).toBe(true);
  expect(await readDraw(small.draw)).toMatchObject({ held: 0, openOrders: 1 });
  expect(await readDraw(large.draw)).toMatchObject({ status: 'closed', isFinishing: true });
  // A new worker runs each round, and continues where the last round ended.
  expect(await roundsUntilSettled(large.draw, () => new DrawRunner(ledger))).toBe(2);
  const settled = await readDraw(large.draw);
  expect(settled).not.toHaveProperty('rejectedUpTo');
  const drawId = large.draw._id;
  expect(await store.checkouts.countDocuments({ drawId, status: 'rejected' })).toBe(1_199);
}, 60_000);

test('an entry that can never be placed is parked, and can be replayed until its draw ends', async () => {
  const quantities = Array.from({ length: 12 }, () => 1);
  const { draw, variant, seed, entries } = await givenDraw({ units: 3, quantities });
  const order = toDrawOrder(
    seed,
    entries.map(({ _id }) => _id),
  );
  const faulty = order[1] ?? '';
  const orderId = toOrderId(faulty, variant.shopId);
  await rawCollection(store, 'orders').insertOne({ _id: orderId });
  clock.advance(LENGTH_MS);
  const parked: string[] = [];
  const runner = new DrawRunner({ ...ledger, onParked: (id) => parked.push(id) });
  await runner.round();
  expect(parked).toEqual([faulty]);
  const winners = async () => {
    const placed = await store.drawEntries.find({ drawId: draw._id, isPlaced: true }).toArray();
    return placed.map(({ rank }) => rank).sort();
  };
  expect(await winners()).toEqual([0, 2, 3]);
  expect(await store.checkouts.findOne({ _id: faulty })).toMatchObject({ status: 'failed' });
  await rawCollection(store, 'orders').deleteOne({ _id: orderId });
  expect(await unparkCheckout(ledger, faulty)).toBe(true);
  expect(await store.checkouts.findOne({ _id: faulty })).toMatchObject({ status: 'waiting' });
  const first = toOrderId(order[0] ?? '', variant.shopId);
  await moveOrders(ledger, [{ orderId: first, actor: 'test', move: 'cancel' }]);
  await runner.round();
  expect(await winners()).toEqual([0, 1, 2, 3]);
  await confirmAll(draw);
  await roundsUntilSettled(draw, () => runner);
  await store.checkouts.updateOne({ _id: order[5] ?? '' }, { $set: { status: 'failed' } });
  await expect(unparkCheckout(ledger, order[5] ?? '')).rejects.toMatchObject({
    code: 'draw_closed',
  });
});

test('a replayed entry gets units that its draw had left over meanwhile', async () => {
  const { draw, variant, entries } = await givenDraw({
    ...{ units: 3, perBuyer: 2, quantities: [2, 2, 2, 2, 1] },
  });
  const faulty = entries.at(-1)?._id ?? '';
  const orderId = toOrderId(faulty, variant.shopId);
  await rawCollection(store, 'orders').insertOne({ _id: orderId });
  clock.advance(LENGTH_MS);
  const runner = new DrawRunner(ledger);
  for (let rounds = 1; rounds <= 3; rounds += 1) await runner.round();
  expect(await readDraw(draw)).toMatchObject({ held: 1, openOrders: 1 });
  await rawCollection(store, 'orders').deleteOne({ _id: orderId });
  expect(await unparkCheckout(ledger, faulty)).toBe(true);
  await runner.round();
  expect(await store.checkouts.findOne({ _id: faulty })).toMatchObject({ status: 'placed' });
  expect(await readDraw(draw)).toMatchObject({ held: 0, openOrders: 2 });
});

test('a fault that all entries share parks ten of them, and the draw ends on time; failed attempts to park do not count', async () => {
  const quantities = Array.from({ length: 30 }, () => 1);
  const { draw, variant, entries } = await givenDraw({ units: 2, quantities });
  const orders = entries.map(({ _id }) => ({ _id: toOrderId(_id, variant.shopId) }));
  await rawCollection(store, 'orders').insertMany(orders);
  clock.advance(LENGTH_MS);
  const runner = new DrawRunner(ledger);
  const parking = vi.spyOn(store.checkouts, 'findOneAndUpdate');
  parking.mockRejectedValueOnce(new Error('not parked')).mockResolvedValueOnce(null);
  await expect(runner.round()).rejects.toThrow('not parked');
  await expect(runner.round()).rejects.toThrow('E11000');
  const failing = async () => {
    for (let rounds = 1; rounds <= ROUNDS_MAX; rounds += 1) await runner.round();
  };
  await expect(failing()).rejects.toThrow('E11000');
  await expect(runner.round()).rejects.toThrow('E11000');
  const drawId = draw._id;
  expect(await store.checkouts.countDocuments({ drawId, status: 'failed' })).toBe(10);
  expect(await readDraw(draw)).toMatchObject({ status: 'closed', held: 2 });
  clock.advance(FOLLOW_UP_MS);
  await expect(runner.round()).rejects.toThrow('E11000');
  await roundsUntilSettled(draw, () => runner);
  expect(await readDraw(draw)).toMatchObject({ held: 0 });
  expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({ reserved: 0 });
  expect(await store.checkouts.countDocuments({ drawId, status: 'rejected' })).toBe(20);
  await rawCollection(store, 'orders').deleteMany({ _id: { $in: orders.map(({ _id }) => _id) } });
});

test('a worker finishes a cancellation whose process has ended before the gates were closed', async () => {
  const { draw, variant, entries } = await givenDraw({ units: 1, quantities: [1] });
  vi.spyOn(store.drawGates, 'updateMany').mockRejectedValueOnce(new Error('the process has ended'));
  await expect(cancelDraw(ledger, draw, CANCELLATION)).rejects.toThrow('the process has ended');
  expect(await store.audit.countDocuments({ action: 'draw.cancelled', target: draw._id })).toBe(1);
  expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({ reserved: 0 });
  const inBetween = toEntryDraft(draw, variant, 1);
  expect(await storeEntries(store, [inBetween])).toEqual([{ value: 'stored' }]);
  await new DrawRunner(ledger).round();
  for (const { _id } of [...entries, inBetween]) {
    const rejected = { status: 'rejected', rejection: { code: 'not_drawn' } };
    expect(await store.checkouts.findOne({ _id })).toMatchObject(rejected);
  }
  const cancelled = await readDraw(draw);
  expect(cancelled).toMatchObject({ status: 'cancelled', entryCount: 2 });
  expect(cancelled).not.toHaveProperty('isActive');
  const late = toEntryDraft(draw, variant, 2);
  expect(await storeEntries(store, [late])).toEqual([{ value: 'closed' }]);
});
