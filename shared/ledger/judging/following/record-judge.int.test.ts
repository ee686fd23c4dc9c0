import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OrderMove } from '../../../domain/order-transitions.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { inTransaction } from '../../../store/transaction.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../../../testing/builders.ts';
import { testNamespace } from '../../../testing/harness.ts';
import { rawCollection } from '../../../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../../testing/test-store.ts';
import { toOutboxEntry } from '../../commit.ts';
import { moveOrders } from '../../move-orders.ts';
import { addParcel } from '../../send-parcels.ts';
import { settleCheckouts } from '../../settle-checkouts.ts';
import { RANGE_SIZES } from '../ranges.ts';
import { takeVerdict } from '../verdict.ts';
import { readJudgement } from './judgement.ts';
import { deleteOtherFaults, judgingStore } from './judging-store.ts';
import { RecordJudge } from './record-judge.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);
const judging = judgingStore(store);

let judge: RecordJudge;
let shirt: GivenVariant;
let orderIds: string[];

beforeEach(async () => {
  await clearStore(store);
  for (const collection of Object.values(judging)) await collection.deleteMany({});
  judge = openJudge();
  [shirt] = await givenVariants(store, [{ onHand: 4 }]);
  await follow();
  orderIds = await sell();
});

afterEach(() => judge.close());

const openJudge = () => new RecordJudge({ store, clock: systemClock, wholeRestFactor: 0 });

/** Sells 3 of 4 shirts, 1 with a discount, and refuses a fourth buyer who wants 2. */
async function sell(): Promise<string[]> {
  const discount = await givenDiscount(store, shirt.shopId, { usageLimitPerBuyer: 1 });
  const checkouts = await givenCheckouts(store, [
    { lines: [toPricedLine(shirt)] },
    { lines: [toPricedLine(shirt)] },
    withDiscounts([toPricedLine(shirt)], [discount], 'shop/ana'),
    { lines: [toPricedLine(shirt, 2)] },
  ]);
  const settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  const placed = settled.flatMap((checkout) => checkout.orderIds);
  await moveOrders(ledger, [{ orderId: placed[0] ?? '', move: 'confirm', actor: 'test' }]);
  return placed;
}

/**
 * Runs the judge until it has judged everything, including the records that it must read
 * completely.
 */
async function follow(): Promise<void> {
  const startedAt = Date.now();
  await expect
    .poll(
      async () => {
        await judge.round(new AbortController().signal, async () => undefined);
        const { checkedUntil } = await readJudgement(store, new Date());
        const state = await judging.states.findOne({ _id: 'record' });
        const isSettled = state?.doubted.variants.length === 0 && !state.doubted.discounts.length;
        return isSettled && (checkedUntil?.getTime() ?? 0) >= startedAt - IDLE_MS;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
}

/** How often the time of the last check is stored while nothing changes. */
const IDLE_MS = 5_000;

async function followAndRead() {
  await follow();
  const { status, faults } = await readJudgement(store, new Date());
  return { status, faults: Object.fromEntries(faults.map(({ _id, kinds }) => [_id, kinds])) };
}

const OK = { status: 'ok', faults: {} };

test('sales, payments, cancellations and discounts are judged as they happen', async () => {
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt, counts } = await readJudgement(store, new Date());
  expect(counts.checkouts).toBe(4);
  await moveOrders(ledger, [
    { orderId: orderIds[0] ?? '', move: 'cancel', actor: 'test' },
    { orderId: orderIds[2] ?? '', move: 'cancel', actor: 'test' },
  ]);
  await sell();
  expect(await followAndRead()).toEqual(OK);
  const after = await readJudgement(store, new Date());
  expect(after.wholeAt).toEqual(wholeAt);
  expect(after.counts.checkouts).toBe(8);
});

test('the extra writes that claim new tracking references are not faults', async () => {
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt } = await readJudgement(store, new Date());
  const [first = '', second = ''] = orderIds;
  const ship = { orderId: first, move: 'ship', actor: 'test' } as const;
  await moveOrders(ledger, [
    { ...ship, details: { trackingReference: 'JD-1' } },
    { orderId: second, move: 'confirm', actor: 'test' },
  ]);
  const source = { actor: { kind: 'key', id: 'test' } } as const;
  const parcel = { orderId: second, parcelId: 'pcl_1', trackingReference: 'JD-2' };
  await addParcel(ledger, { ...parcel, actor: 'test', source });
  await moveOrders(ledger, [{ ...ship, move: 'return' }]);
  expect(await followAndRead()).toEqual(OK);
  expect((await readJudgement(store, new Date())).wholeAt).toEqual(wholeAt);
});

test('partial cancellations and returns are judged as they happen', async () => {
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(shirt, 1)] }]);
  await settleCheckouts(ledger, [checkout?._id ?? '']);
  const [socks] = await givenVariants(store, [{ onHand: 9 }]);
  const [bought] = await givenCheckouts(store, [{ lines: [toPricedLine(socks, 9)] }]);
  const [placed] = await settleCheckouts(ledger, [bought?._id ?? '']);
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt } = await readJudgement(store, new Date());
  const move = (name: OrderMove, quantity?: number, isRestocked = true) => ({
    ...{ orderId: placed?.orderIds[0] ?? '', move: name, actor: 'test', isRestocked },
    ...(quantity && { lines: [{ variantId: socks.variantId, quantity }] }),
  });
  await moveOrders(ledger, [move('cancel', 1), move('confirm'), move('cancel', 1), move('ship')]);
  expect(await followAndRead()).toEqual(OK);
  await moveOrders(ledger, [move('return', 2), move('return', 2, false), move('lose', 1, false)]);
  expect(await followAndRead()).toEqual(OK);
  const level = await store.stock.findOne({ _id: socks.variantId });
  expect(level).toMatchObject({ onHand: 4, reserved: 0, sold: 5 });
  await moveOrders(ledger, [move('return')]);
  expect(await followAndRead()).toEqual(OK);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true });
  expect((await readJudgement(store, new Date())).wholeAt).toEqual(wholeAt);
  const reductions = { 'reductions.0.lines.0.amount': 1 };
  await rawCollection(store, 'orders').updateOne(
    { reductions: { $exists: true } },
    { $inc: reductions },
  );
  expect(await followAndRead()).toMatchObject({ status: 'broken' });
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: false, drift: 1 });
});

test('the units that unlisted storefronts hold are judged as they change', async () => {
  const [socks] = await givenVariants(store, [{ onHand: 9 }]);
  const heldShares = [{ shopId: socks.shopId, heldShareMax: 0.5 }];
  const wanted = { lines: [toPricedLine(socks, 2)], heldShares };
  const bought = await givenCheckouts(store, [wanted, wanted]);
  const placed = await settleCheckouts(
    ledger,
    bought.map(({ _id }) => _id),
  );
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt } = await readJudgement(store, new Date());
  const [confirmed = '', cancelled = ''] = placed.flatMap((checkout) => checkout.orderIds);
  const lines = [{ variantId: socks.variantId, quantity: 1 }];
  await moveOrders(ledger, [
    { orderId: confirmed, move: 'confirm', actor: 'test' },
    { orderId: cancelled, move: 'cancel', actor: 'test', lines },
  ]);
  expect(await followAndRead()).toEqual(OK);
  expect((await readJudgement(store, new Date())).wholeAt).toEqual(wholeAt);
  const level = { _id: socks.variantId };
  expect(await store.stock.findOne(level)).toMatchObject({ heldByUnlisted: 1 });
  await rawCollection(store, 'stock').updateOne(level, { $set: { heldByUnlisted: 0 } });
  expect(await followAndRead()).toMatchObject({ status: 'broken' });
});

test('settled checkouts are found by the outbox entry of their batch', async () => {
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(shirt)] }]);
  if (checkout === undefined) throw new Error('no checkout');
  const at = new Date();
  const outcome = { status: 'placed', pickedUpAt: at, settledAt: at } as const;
  const { _id: subjectId, storefrontId } = checkout;
  const event = { type: 'checkout.placed', subjectId, seq: 1, shopIds: [], data: {} } as const;
  await inTransaction(store, async (session) => {
    await store.checkouts.updateOne({ _id: subjectId }, { $set: outcome }, { session });
    const entry = toOutboxEntry([{ ...event, storefrontId }], at);
    await store.outbox.insertOne(entry, { session });
  });
  const { faults } = await followAndRead();
  expect(faults).toEqual({ [subjectId]: ['order_missing'] });
});

test('another process continues from the stored state', async () => {
  await follow();
  const before = await readJudgement(store, new Date());
  await judge.close();
  await sell();
  judge = openJudge();
  expect(await followAndRead()).toEqual(OK);
  const after = await readJudgement(store, new Date());
  expect(after.wholeAt).toEqual(before.wholeAt);
  expect(after.counts.checkouts).toBe(8);
});

test('if the oplog no longer has the changes, the whole record is read again', async () => {
  await follow();
  const { wholeAt } = await readJudgement(store, new Date());
  await judge.close();
  // Only the token of a change is searched in the oplog. A token between changes is always
  // accepted.
  const stock = rawCollection(store, 'stock');
  const changes = stock.watch();
  expect(await changes.tryNext()).toBe(null);
  await stock.updateOne({ _id: shirt.variantId }, { $inc: { onHand: 1 } });
  const { _id: change } = await changes.next();
  await changes.close();
  const { _data } = change as { _data: string };
  // The third to the tenth digit are the seconds since 1970.
  const token = { _data: `${_data.slice(0, 2)}00000001${_data.slice(10)}` };
  await judging.states.updateOne({ _id: 'record' }, { $set: { token } });
  expect(await followAndRead()).toMatchObject({ status: 'broken' });
  const after = await readJudgement(store, new Date());
  expect(after.wholeAt?.getTime()).toBeGreaterThan(wholeAt?.getTime() ?? 0);
});

test('if a batch brings too many subjects into doubt, the whole record is read again', async () => {
  const { length: doubts } = await givenVariants(store, Array<object>(501).fill({ onHand: 1 }));
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt } = await readJudgement(store, new Date());
  await rawCollection(store, 'stock').updateMany({ sold: 0 }, { $inc: { onHand: 1 } });
  expect(await followAndRead()).toMatchObject({ status: 'broken' });
  const after = await readJudgement(store, new Date());
  expect(after.faultCount).toBe(doubts);
  expect(after.wholeAt?.getTime()).toBeGreaterThan(wholeAt?.getTime() ?? 0);
});

test('variants and discounts in doubt with many versions are read one after the other', async () => {
  await givenVariants(store, [{ onHand: 4 }]);
  await givenDiscount(store, shirt.shopId);
  expect(await followAndRead()).toEqual(OK);
  const { wholeAt } = await readJudgement(store, new Date());
  const { changes, uses } = RANGE_SIZES;
  await rawCollection(store, 'stock').updateMany({}, { $inc: { version: changes } });
  await rawCollection(store, 'discounts').updateMany({}, { $inc: { version: uses, uses: 1 } });
  const find = vi.spyOn(store.orders, 'find');
  const { faults } = await followAndRead();
  const read = find.mock.calls.flatMap(([filter = {}]) =>
    'lines.variantId' in filter
      ? filter['lines.variantId']
      : (filter['discounts.discountId'] ?? []),
  );
  find.mockRestore();
  expect(Object.keys(faults)).toHaveLength(4);
  expect(read).toEqual(expect.arrayContaining(Object.keys(faults).map((id) => ({ $in: [id] }))));
  expect(read).toHaveLength(4);
  expect((await readJudgement(store, new Date())).wholeAt).toEqual(wholeAt);
});

test('a process that may no longer judge stores nothing, and another process finds all changes', async () => {
  await follow();
  await judge.close();
  const readStored = () =>
    Promise.all([
      judging.states.find({}).toArray(),
      judging.variants.find({}).toArray(),
      judging.faults.find({}).toArray(),
    ]);
  const before = await readStored();
  await sell();
  await rawCollection(store, 'stock').updateOne({ _id: shirt.variantId }, { $inc: { onHand: 1 } });
  const assertMayJudge = () => {
    throw new Error('another process judges');
  };
  const lateJudge = new RecordJudge({ store, clock: systemClock, assertMayJudge });
  const round = lateJudge.round(new AbortController().signal, async () => undefined);
  await expect(round).rejects.toThrow('another process judges');
  expect(await readStored()).toEqual(before);
  expect(await followAndRead()).toMatchObject({ status: 'broken' });
});

test('after a complete reading that fails, the judge rests before the next', async () => {
  await judge.close();
  await judging.states.deleteMany({});
  const assertMayJudge = vi.fn(() => {
    throw new Error('cannot be stored');
  });
  const options = { store, clock: systemClock, assertMayJudge };
  const failing = new RecordJudge({ ...options, wholeRestFactor: Number.POSITIVE_INFINITY });
  const round = () => failing.round(new AbortController().signal, async () => undefined);
  await expect(round()).rejects.toThrow('cannot be stored');
  await round();
  expect(assertMayJudge).toHaveBeenCalledTimes(1);
  expect(await followAndRead()).toEqual(OK);
});

test('repaired faults are deleted, even if so many remain that no query can name them', async () => {
  const toId = (name: string, index: number) => `${name}_${String(index).padStart(50, '0')}`;
  const storeFaults = (name: string, count: number) => {
    const fields = { kinds: ['differs'], foundAt: new Date() };
    const ids = Array.from({ length: count }, (_, index) => toId(name, index));
    return judging.faults.insertMany(ids.map((_id) => ({ _id, ...fields })));
  };
  await storeFaults('repaired', 2_500);
  await storeFaults('remaining', 2);
  const remaining = Array.from({ length: 300_000 }, (_, index) => toId('remaining', index));
  await deleteOtherFaults(judging, new Map(remaining.map((id) => [id, ['differs']])));
  const left = await judging.faults.find({}, { sort: { _id: 1 } }).toArray();
  expect(left.map(({ _id }) => _id)).toEqual(remaining.slice(0, 2));
});

describe('both verdicts find a fault until it is repaired', () => {
  const collection = (name: string) => store.connection.collection<{ readonly _id: string }>(name);
  const refused = { 'rejection.code': 'out_of_stock' };
  const damages: [string, string, () => object, object][] = [
    ['a counter is changed', 'stock', () => ({ _id: shirt.variantId }), { $inc: { reserved: 1 } }],
    ['a movement is removed', 'movements', () => ({ kind: 'confirm' }), {}],
    [
      'an adjustment is altered',
      'movements',
      () => ({ kind: 'adjust' }),
      { $inc: { 'delta.onHand': 1 } },
    ],
    ['an order is removed', 'orders', () => ({ _id: orderIds[1] }), {}],
    [
      'an order has another status',
      'orders',
      () => ({ _id: orderIds[1] }),
      { $set: { status: 'cancelled' } },
    ],
    [
      'an order has more units',
      'orders',
      () => ({ _id: orderIds[1] }),
      { $set: { 'lines.0.quantity': 2 } },
    ],
    [
      'an order has the id of another checkout',
      'orders',
      () => ({ _id: orderIds[1] }),
      { $set: { checkoutId: 'chk_another' } },
    ],
    ['an order has another total', 'orders', () => ({ _id: orderIds[1] }), { $inc: { total: 1 } }],
    [
      'a checkout is refused although there was stock',
      'checkouts',
      () => refused,
      { $set: { 'rejection.version': 1 } },
    ],
    [
      'a placed checkout is refused',
      'checkouts',
      () => ({ status: 'placed' }),
      { $set: { status: 'rejected' } },
    ],
    ['a checkout is removed', 'checkouts', () => ({ status: 'placed' }), {}],
    ['a discount has more uses', 'discounts', () => ({}), { $inc: { uses: 1 } }],
    ['a stock level is removed', 'stock', () => ({ _id: shirt.variantId }), {}],
  ];
  test.each(damages)('%s', async (_, name, filter, edit) => {
    expect(await followAndRead()).toEqual(OK);
    const before = await collection(name).findOne(filter());
    if (before === null) throw new Error('there is nothing to damage');
    if (Object.keys(edit).length === 0) await collection(name).deleteOne({ _id: before._id });
    else await collection(name).updateOne({ _id: before._id }, edit);
    expect(await followAndRead()).toMatchObject({ status: 'broken' });
    expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: false });
    await sellMore();
    expect(await followAndRead()).toMatchObject({ status: 'broken' });
    await collection(name).replaceOne({ _id: before._id }, before, { upsert: true });
    expect(await followAndRead()).toEqual(OK);
    expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true });
  });

  /** Sells another variant, so that the judge has other changes to follow. */
  async function sellMore(): Promise<void> {
    const [hat] = await givenVariants(store, [{ onHand: 1 }]);
    const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(hat)] }]);
    await settleCheckouts(ledger, [checkout?._id ?? '']);
  }
});
