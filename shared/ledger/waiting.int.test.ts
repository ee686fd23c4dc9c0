import { afterEach, beforeAll, expect, test } from 'vitest';
import type { FreedUnits } from '../domain/vocabulary.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { Store } from '../store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { rawCollection } from '../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { reconcile } from './judging/reconcile.ts';
import { takeVerdict } from './judging/verdict.ts';
import type { LedgerContext } from './ledger.ts';
import { moveOrders } from './move-orders.ts';
import { parkCheckout, unparkCheckout } from './park-checkout.ts';
import { settleCheckouts } from './settle-checkouts.ts';
import { buy, readStatuses, restock, settle, toWait } from './testing/given-waiting.ts';
import { withdrawCheckouts } from './withdraw-checkout.ts';

const HOUR_MS = 3_600_000;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

/** A ledger that records which variants were freed, and how long units were free. */
function givenWatchedLedger(overrides: Partial<LedgerContext> = {}) {
  const freed: FreedUnits[] = [];
  const freeMs: number[] = [];
  const ledger = givenLedger(store, {
    onFreed: (units) => freed.push(...units),
    onServed: (ms) => freeMs.push(...ms),
    ...overrides,
  });
  return { ledger, freed, freeMs };
}

const toIds = (checkouts: readonly CheckoutRecord[]) => checkouts.map(({ _id }) => _id);
const readCheckout = (id = '') => store.checkouts.findOne<CheckoutRecord>({ _id: id });
const statusOf = (checkouts: readonly CheckoutRecord[]) => readStatuses(store, checkouts);
const levelOf = ({ variantId }: GivenVariant) => store.stock.findOne({ _id: variantId });

async function cancel(ledger: LedgerContext, checkout: CheckoutRecord | undefined) {
  const orderId = toOrderId(checkout?._id ?? '', checkout?.lines[0]?.shopId ?? '');
  await moveOrders(ledger, [{ orderId, move: 'cancel', actor: 'test', reason: 'changed my mind' }]);
}

/**
 * Expects that no checkout was lost, overtaken or wrongly refused, and that the record is sound.
 */
async function expectSound() {
  const verdict = await takeVerdict(store, { drained: true });
  expect(verdict).toMatchObject({ ok: true, undersold: 0, inversions: 0, lost: 0, drift: 0 });
  expect((await reconcile(givenLedger(store), { fix: false })).differences).toEqual([]);
  return verdict;
}

test('a checkout that may wait waits instead of being refused, with an event', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const checkouts = await givenCheckouts(store, [buy(variant), toWait(variant), buy(variant)]);
  expect(await settle(ledger, checkouts)).toEqual(['placed', 'waiting', 'rejected']);
  const waiting = await readCheckout(checkouts[1]?._id);
  expect(waiting).toMatchObject({
    shortage: { code: 'out_of_stock', requested: 1, available: 0, version: 2 },
    waits: 1,
  });
  expect(await store.waits.findOne({ _id: waiting?._id ?? '' })).toMatchObject({
    isWaiting: true,
  });
  const [entry] = await store.outbox.find({ 'events.subjectId': waiting?._id }).toArray();
  expect(entry?.events.filter(({ subjectId }) => subjectId === waiting?._id)).toMatchObject([
    { type: 'checkout.waiting', seq: 1, data: { variantId: variant.variantId } },
  ]);
  expect(await levelOf(variant)).toMatchObject({ waits: 1, version: 2 });
  expect(await expectSound()).toMatchObject({ waiting: 1, placed: 1, rejected: 1 });
});

test('units that come back go to the waiting checkout, before a newcomer, and the mark on the level is removed', async () => {
  const { ledger, freed, freeMs } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const first = await givenCheckouts(store, [buy(variant), toWait(variant)]);
  await settle(ledger, first);
  await cancel(ledger, first[0]);
  expect(freed).toMatchObject([{ variantId: variant.variantId, productId: variant.productId }]);
  expect(await levelOf(variant)).toMatchObject({ freedAt: expect.any(Date) });
  const newcomer = await givenCheckouts(store, [buy(variant)]);
  expect(await settle(ledger, newcomer)).toEqual(['rejected']);
  expect(await statusOf(first)).toEqual(['placed', 'placed']);
  expect(await store.waits.countDocuments()).toBe(0);
  expect(await levelOf(variant)).not.toHaveProperty('waits');
  expect(await levelOf(variant)).not.toHaveProperty('freedAt');
  expect(freeMs).toEqual([expect.any(Number)]);
  const entries = await store.outbox.find({ 'events.subjectId': first[1]?._id }).toArray();
  const events = entries.flatMap((entry) => entry.events);
  expect(events.filter(({ subjectId }) => subjectId === first[1]?._id)).toMatchObject([
    { type: 'checkout.waiting', seq: 1 },
    { type: 'checkout.placed', seq: 2, data: { wasWaiting: true } },
  ]);
  await expectSound();
});

test('units that come back are not reported as freed if no checkout waits for their variant', async () => {
  const { ledger, freed } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const bought = await givenCheckouts(store, [buy(variant)]);
  await settle(ledger, bought);
  await cancel(ledger, bought[0]);
  expect(freed).toEqual([]);
  expect(Object.keys((await levelOf(variant)) ?? {})).not.toContain('freedAt');
});

test('the longest waiting checkout that fits is served; a checkout that wants more units continues to wait', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const waiting = await givenCheckouts(store, [
    ...[buy(variant), toWait(variant, 3), toWait(variant), toWait(variant)],
  ]);
  await settle(ledger, waiting);
  await cancel(ledger, waiting[0]);
  await settle(ledger, waiting.slice(3));
  expect(await statusOf(waiting.slice(1))).toEqual(['waiting', 'placed', 'waiting']);
  await restock(ledger, variant, 3);
  await settle(ledger, waiting.slice(3));
  expect(await statusOf(waiting.slice(1))).toEqual(['placed', 'placed', 'waiting']);
  await expectSound();
});

test('a waiting checkout gets units for all of its lines or for none; until then others can get them', async () => {
  const { ledger } = givenWatchedLedger();
  const [shirt, lamp] = await givenVariants(store, [{ onHand: 0 }, { onHand: 1 }]);
  const lines = [toPricedLine(shirt), toPricedLine(lamp)];
  const both = await givenCheckouts(store, [{ ...toWait(shirt), lines }]);
  expect(await settle(ledger, both)).toEqual(['waiting']);
  expect(await settle(ledger, await givenCheckouts(store, [buy(lamp)]))).toEqual(['placed']);
  await restock(ledger, shirt, 1);
  expect(await settle(ledger, both)).toEqual(['waiting']);
  expect(await settle(ledger, await givenCheckouts(store, [buy(shirt)]))).toEqual(['placed']);
  await restock(ledger, shirt, 1);
  await restock(ledger, lamp, 1);
  expect(await settle(ledger, await givenCheckouts(store, [buy(lamp)]))).toEqual(['rejected']);
  expect(await statusOf(both)).toEqual(['placed']);
  await expectSound();
});

test('a checkout that waits for two variants takes no unit from one that has waited longer for one of them', async () => {
  const { ledger } = givenWatchedLedger();
  const [shirt, lamp] = await givenVariants(store, [{ onHand: 0 }, { onHand: 0 }]);
  const both = { ...toWait(shirt), lines: [toPricedLine(shirt), toPricedLine(lamp)] };
  const waiting = await givenCheckouts(store, [toWait(lamp), both]);
  expect(await settle(ledger, waiting)).toEqual(['waiting', 'waiting']);
  await restock(ledger, shirt, 1);
  await restock(ledger, lamp, 1);
  // The newcomer's batch reads the checkout of both variants because of the shirt.
  expect(await settle(ledger, await givenCheckouts(store, [buy(shirt)]))).toEqual(['placed']);
  expect(await statusOf(waiting)).toEqual(['placed', 'waiting']);
  await expectSound();
});

test('a wait ends at its time or at the end of the sale, whichever comes first', async () => {
  const clock = manualClock();
  const { ledger } = givenWatchedLedger({ clock });
  const [timed, sold] = await givenVariants(store, [{ onHand: 0 }, { onHand: 0 }]);
  const later = new Date(clock.now().getTime() + HOUR_MS);
  const soon = new Date(clock.now().getTime() + 1_000);
  const waiting = await givenCheckouts(store, [
    ...[toWait(timed, 1, soon), toWait(timed, 1, later), toWait(sold, 1, later)],
  ]);
  await settle(ledger, waiting);
  await store.products.updateOne({ _id: sold.productId }, { $set: { saleUntil: soon } });
  clock.advance(999);
  expect(await settle(ledger, waiting)).toEqual(['waiting', 'waiting', 'waiting']);
  clock.advance(1);
  await restock(ledger, timed, 1);
  await restock(ledger, sold, 1);
  expect(await settle(ledger, waiting)).toEqual(['rejected', 'placed', 'rejected']);
  for (const { _id } of [waiting[0], waiting[2]].flatMap((checkout) => checkout ?? [])) {
    expect(await readCheckout(_id)).toMatchObject({ rejection: { code: 'wait_over' } });
  }
});

test('a checkout whose waiting time passed while it was queued is refused as sold out', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const late = await givenCheckouts(store, [toWait(variant, 1, new Date(Date.now() - 1))]);
  expect(await settleCheckouts(ledger, toIds(late))).toMatchObject([
    { status: 'rejected', rejection: { code: 'out_of_stock' } },
  ]);
});

test('a waiting checkout that can never be settled is parked and delays no other', async () => {
  const parked: (string | undefined)[] = [];
  const { ledger } = givenWatchedLedger({ onParked: (...parking) => parked.push(...parking) });
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const waiting = await givenCheckouts(store, [toWait(variant), toWait(variant)]);
  await settle(ledger, waiting);
  const [poisoned] = waiting;
  const stray = toOrderId(poisoned?._id ?? '', variant.shopId);
  await rawCollection(store, 'orders').insertOne({ _id: stray, isStray: true });
  await restock(ledger, variant, 2);
  const newcomer = await givenCheckouts(store, [buy(variant)]);
  expect(await settle(ledger, newcomer)).toEqual(['placed']);
  expect(await statusOf(waiting)).toEqual(['failed', 'placed']);
  expect(parked).toEqual([poisoned?._id, expect.stringContaining('E11000')]);
});

test('a checkout that can never be settled lets no waiting checkout take units from an older one', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const specs = [buy(variant), toWait(variant), buy(variant)] as const;
  const [older, waiting, poisoned] = await givenCheckouts(store, specs);
  if (!older || !waiting || !poisoned) throw new RangeError('a checkout was not stored');
  await settle(ledger, [waiting]);
  const stray = toOrderId(poisoned._id, variant.shopId);
  await rawCollection(store, 'orders').insertOne({ _id: stray, isStray: true });
  await restock(ledger, variant, 3);
  await expect(settleCheckouts(ledger, toIds([older, poisoned]))).rejects.toThrow('E11000');
  await restock(ledger, variant, -2);
  expect(await statusOf([waiting])).toEqual(['waiting']);
  expect(await settle(ledger, [older])).toEqual(['placed']);
});

test('a parked checkout that is replayed can wait again, and gets units', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const waiting = await givenCheckouts(store, [toWait(variant)]);
  const id = waiting[0]?._id ?? '';
  await settle(ledger, waiting);
  await parkCheckout(ledger, id, 'a fault');
  expect(await store.waits.countDocuments()).toBe(0);
  expect(await unparkCheckout(ledger, id)).toBe(true);
  const replayed = await readCheckout(id);
  for (const field of ['pickedUpAt', 'waitingSince', 'shortage']) {
    expect(replayed).not.toHaveProperty(field);
  }
  expect(await settle(ledger, waiting)).toEqual(['waiting']);
  await restock(ledger, variant, 1);
  expect(await settle(ledger, waiting)).toEqual(['placed']);
  expect(await store.waits.countDocuments()).toBe(0);
  await expectSound();
});

test('a waiting checkout whose product is taken off sale is refused when units come back', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const waiting = await givenCheckouts(store, [toWait(variant)]);
  await settle(ledger, waiting);
  await store.products.updateOne({ _id: variant.productId }, { $set: { status: 'draft' } });
  await restock(ledger, variant, 1);
  await settle(ledger, waiting);
  expect(await readCheckout(waiting[0]?._id)).toMatchObject({
    rejection: { code: 'product_unavailable' },
  });
});

test('a withdrawal or a replay that fails changes no wait', async () => {
  const { ledger } = givenWatchedLedger();
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const waiting = await givenCheckouts(store, [toWait(variant)]);
  const [id = ''] = toIds(waiting);
  expect(await settle(ledger, waiting)).toEqual(['waiting']);
  const failing = (real: object) =>
    Object.create(real, { insertOne: { value: () => Promise.reject(new Error('killed')) } });

  const withdrawing = { ...ledger, store: { ...store, outbox: failing(store.outbox) } };
  await expect(withdrawCheckouts(withdrawing, [id])).rejects.toThrow('killed');
  expect(await store.waits.countDocuments({ _id: id })).toBe(1);

  await parkCheckout(ledger, id, 'a fault');
  const replaying = {
    ...ledger,
    store: { ...store, searchRequests: failing(store.searchRequests) },
  };
  await expect(unparkCheckout(replaying, id)).rejects.toThrow('killed');
  expect(await store.waits.countDocuments({ _id: id })).toBe(0);
  expect(await unparkCheckout(ledger, id)).toBe(true);
  expect(await store.waits.countDocuments({ _id: id })).toBe(1);
});
