import { afterEach, beforeAll, expect, test } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { type Locks, noLocks } from '../../shared/locks/product-locks.ts';
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
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { expireReservations, RetryLater } from './expiry-sweep.ts';

const TTL_MS = 60_000;
const RACES = promiseRuns(1_000, 60);
const CONCURRENCY = 8;
const LINES_MAX = 5_000;
const PRODUCTS = 20;

const namespace = testNamespace();
const never = new AbortController().signal;
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

function givenClockAndLedger() {
  const clock = manualClock();
  return { clock, ledger: givenLedger(store, { clock, reservationTtlMs: TTL_MS }) };
}

/** Places one order with each list of lines, and returns the ids of the orders. */
async function placeOrders(
  ledger: LedgerContext,
  orders: readonly ReturnType<typeof toPricedLine>[][],
): Promise<string[]> {
  const checkouts = await givenCheckouts(
    store,
    orders.map((lines) => ({ lines })),
  );
  const settled = await settleCheckouts(
    ledger,
    checkouts.map((checkout) => checkout._id),
  );
  return settled.flatMap(({ orderIds }) => orderIds);
}

async function readLevel({ variantId }: GivenVariant) {
  return store.stock.findOne({ _id: variantId });
}

async function expectNoDrift(): Promise<void> {
  const { differences } = await reconcile(givenLedger(store), { fix: false });
  expect(differences).toEqual([]);
}

test('a transaction expires orders of at most eight products, even if more are due', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const variants = await givenVariants(store, Array(PRODUCTS).fill({ onHand: 2 }));
  await placeOrders(
    ledger,
    [...variants, ...variants].map((variant) => [toPricedLine(variant)]),
  );
  clock.advance(TTL_MS);
  const locked: number[] = [];
  const locks: Locks = {
    holding: (names, work) => {
      locked.push(new Set(names).size);
      return work();
    },
  };
  expect(await expireReservations({ ...ledger, locks }, never)).toBe(2 * PRODUCTS);
  expect(locked).toEqual([8, 8, 4]);
  await expectNoDrift();
});

test('units come back once, however many sweeps run, even concurrently', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [variant] = await givenVariants(store, [{ onHand: 10 }]);
  const [orderId = ''] = await placeOrders(ledger, [[toPricedLine(variant, 4)]]);
  expect(await readLevel(variant)).toMatchObject({ onHand: 10, reserved: 4 });
  clock.advance(TTL_MS);
  const counts = await Promise.all([1, 2, 3].map(() => expireReservations(ledger, never)));
  expect(counts.sort()).toEqual([0, 0, 1]);
  expect(await expireReservations(ledger, never)).toBe(0);
  expect(await readLevel(variant)).toMatchObject({ onHand: 10, reserved: 0, sold: 0 });
  const order = await store.orders.findOne({ _id: orderId });
  expect(order?.history.map(({ status, actor }) => [status, actor])).toEqual([
    ['pending', 'key_test'],
    ['expired', 'system'],
  ]);
  expect(await store.outbox.countDocuments({ 'events.type': 'order.expired' })).toBe(1);
  await expectNoDrift();
});

test('an order can be confirmed until its reservation ends, and expires only from then on', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [variant] = await givenVariants(store, [{ onHand: 10 }]);
  const [kept = '', lost = ''] = await placeOrders(ledger, [
    [toPricedLine(variant)],
    [toPricedLine(variant)],
  ]);
  const confirm = async (orderId: string) => {
    const [result] = await moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'test' }]);
    return result?.kind;
  };
  clock.advance(TTL_MS - 1);
  expect(await expireReservations(ledger, never)).toBe(0);
  expect(await confirm(kept)).toBe('moved');
  clock.advance(1);
  expect(await confirm(lost)).toBe('refused');
  expect(await expireReservations(ledger, never)).toBe(1);
  expect(await readLevel(variant)).toMatchObject({ onHand: 9, reserved: 0, sold: 1 });
  await expectNoDrift();
});

test(`confirm, cancel and expire race ${RACES} times: one winner each`, async () => {
  const { clock, ledger } = givenClockAndLedger();
  // Each concurrent race has its own variant, so that the moves compete only for the order.
  const variants = await givenVariants(
    store,
    Array.from({ length: CONCURRENCY }, () => ({ onHand: RACES })),
  );
  const ids = await placeOrders(
    ledger,
    Array.from({ length: RACES }, (_, race) => [
      toPricedLine(variants[race % CONCURRENCY] as GivenVariant),
    ]),
  );
  // Two processes whose clocks differ by a millisecond: for one the reservation has ended, for the
  // other not yet.
  clock.advance(TTL_MS - 1);
  const fast = manualClock(new Date(clock.now().getTime() + 1));
  const winners = await runConcurrently(RACES, CONCURRENCY, async (race) => {
    const orderId = ids[race] ?? '';
    const results = await Promise.all([
      moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'payment' }]),
      moveOrders(ledger, [{ orderId, move: 'cancel', actor: 'buyer' }]),
      moveOrders({ ...ledger, clock: fast }, [{ orderId, move: 'expire', actor: 'system' }]),
    ]);
    const order = await store.orders.findOne({ _id: orderId });
    const statuses = order?.history.map((step) => step.status) ?? [];
    return { kinds: results.flat().map((result) => result.kind), statuses };
  });
  const finalCounts = { confirmed: 0, cancelled: 0, expired: 0 };
  for (const { kinds, statuses } of winners) {
    const moves = kinds.filter((kind) => kind === 'moved').length;
    // Cancelling what has just been confirmed is allowed and comes second.
    const [, first = 'pending', second, ...others] = statuses;
    expect(others).toEqual([]);
    expect(moves).toBe(second === undefined ? 1 : 2);
    if (second !== undefined) expect([first, second]).toEqual(['confirmed', 'cancelled']);
    finalCounts[(second ?? first) as keyof typeof finalCounts] += 1;
  }
  expect(finalCounts.confirmed + finalCounts.cancelled + finalCounts.expired).toBe(RACES);
  const levels = await store.stock.find().toArray();
  expect(levels.map((level) => level.reserved)).toEqual(Array(CONCURRENCY).fill(0));
  expect(levels.reduce((sum, level) => sum + level.sold, 0)).toBe(finalCounts.confirmed);
  await expectNoDrift();
}, 300_000);

test('one sweep expires all due orders, page by page', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [variant] = await givenVariants(store, [{ onHand: 600 }]);
  await placeOrders(
    ledger,
    Array.from({ length: 600 }, () => [toPricedLine(variant)]),
  );
  clock.advance(TTL_MS);
  expect(await expireReservations(ledger, AbortSignal.abort())).toBe(0);
  expect(await expireReservations(ledger, never)).toBe(600);
  expect(await readLevel(variant)).toMatchObject({ onHand: 600, reserved: 0 });
  await expectNoDrift();
});

test('large orders are expired in transactions of at most 5,000 lines', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const variants = await givenVariants(
    store,
    Array.from({ length: 2_000 }, () => ({ onHand: 5 })),
  );
  const large = variants.map((variant) => toPricedLine(variant));
  await placeOrders(ledger, [large, large, [toPricedLine(variants[0] as GivenVariant)], large]);
  clock.advance(TTL_MS);
  const linesTogether: number[] = [];
  const locks: typeof noLocks = {
    holding: (names, work) => {
      linesTogether.push(names.length);
      return noLocks.holding(names, work);
    },
  };
  expect(await expireReservations({ ...ledger, locks }, never)).toBe(4);
  expect(linesTogether.reduce((sum, lines) => sum + lines)).toBe(6_001);
  expect(Math.max(...linesTogether)).toBeLessThanOrEqual(LINES_MAX);
  expect(await store.stock.countDocuments({ reserved: { $ne: 0 } })).toBe(0);
});

test('an order that cannot be expired is reported and does not delay other orders', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [broken, ...sound] = await givenVariants(store, [
    { onHand: 5 },
    { onHand: 5 },
    { onHand: 5 },
    { onHand: 5 },
  ]);
  const [brokenId = ''] = await placeOrders(
    ledger,
    [broken, ...sound].map((variant) => [toPricedLine(variant, 2)]),
  );
  // A counter was changed in the database.
  await writable(store).stock.updateOne({ _id: broken.variantId }, { $set: { reserved: 0 } });
  clock.advance(TTL_MS);
  const sweep = expireReservations(ledger, never);
  await expect(sweep).rejects.toThrow(
    `1 of 4 orders could not be expired, the first is ${brokenId}`,
  );
  for (const variant of sound) expect(await readLevel(variant)).toMatchObject({ reserved: 0 });
  expect(await store.orders.findOne({ _id: brokenId })).toMatchObject({ status: 'pending' });
});

test('orders that cannot be expired are retried after a minute, at most 32 in each sweep', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [broken, sound] = await givenVariants(store, [{ onHand: 100 }, { onHand: 5 }]);
  await placeOrders(
    ledger,
    Array.from({ length: 50 }, () => [toPricedLine(broken)]),
  );
  await writable(store).stock.updateOne({ _id: broken.variantId }, { $set: { reserved: 0 } });
  clock.advance(TTL_MS / 2);
  await placeOrders(ledger, [[toPricedLine(sound)]]);
  clock.advance(TTL_MS / 2);
  const retryLater = new RetryLater();
  const sweep = () => expireReservations(ledger, never, retryLater);
  await expect(sweep()).rejects.toThrow('50 of 50 orders could not be expired');
  clock.advance(TTL_MS / 2);
  expect(await sweep()).toBe(1);
  clock.advance(TTL_MS / 2);
  await expect(sweep()).rejects.toThrow('32 of 32 orders could not be expired');
  await expect(sweep()).rejects.toThrow('18 of 18 orders could not be expired');
  // The level is repaired.
  await writable(store).stock.updateOne({ _id: broken.variantId }, { $set: { reserved: 50 } });
  clock.advance(60_000);
  expect(await sweep()).toBe(32);
  expect(await sweep()).toBe(18);
  expect(await readLevel(broken)).toMatchObject({ reserved: 0 });
});

test('orders that another process expired do not keep a sweep from retrying the others', async () => {
  const { clock, ledger } = givenClockAndLedger();
  const [first, last] = await givenVariants(store, [{ onHand: 100 }, { onHand: 100 }]);
  const setReserved = ({ variantId }: GivenVariant, reserved: number) =>
    writable(store).stock.updateOne({ _id: variantId }, { $set: { reserved } });
  const placeBroken = async (variant: GivenVariant, count: number) => {
    await placeOrders(
      ledger,
      Array.from({ length: count }, () => [toPricedLine(variant)]),
    );
    await setReserved(variant, 0);
    clock.advance(1);
  };
  await placeBroken(first, 32);
  await placeBroken(last, 8);
  clock.advance(TTL_MS);
  const retryLater = new RetryLater();
  const sweep = () => expireReservations(ledger, never, retryLater);
  await expect(sweep()).rejects.toThrow('40 of 40 orders could not be expired');
  await setReserved(first, 32);
  const sweepOfOther = expireReservations(ledger, never);
  await expect(sweepOfOther).rejects.toThrow('8 of 40 orders could not be expired');
  await setReserved(last, 8);
  clock.advance(60_000);
  // The first sweep finds none of the 32 orders that it may retry, and the second retries the rest.
  expect(await sweep()).toBe(0);
  expect(await sweep()).toBe(8);
  expect(await readLevel(last)).toMatchObject({ reserved: 0 });
});
