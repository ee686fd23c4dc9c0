import { beforeEach, expect, test } from 'vitest';
import { moveOrders } from '../../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { manualClock } from '../../../shared/testing/manual-clock.ts';
import { clearStore, openTestStore } from '../../../shared/testing/test-store.ts';
import { createStockReader } from './stock-reader.ts';

const TTL_MS = 60_000;
const AHEAD_MS = 1_000;
const clock = manualClock();
const store = await openTestStore(testNamespace());
const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });
const read = createStockReader(store, clock);
let shirt: GivenVariant;
let lamp: GivenVariant;

beforeEach(async () => {
  await clearStore(store);
  [shirt, lamp] = await givenVariants(store, [{ onHand: 3 }, { onHand: 500 }]);
});

/**
 * Places `count` orders of one unit each, and returns their ids and the time until which they hold
 * their units.
 */
async function place(variant: GivenVariant, count = 1) {
  const spec = { lines: [toPricedLine(variant)] };
  const checkouts = await givenCheckouts(
    store,
    Array.from({ length: count }, () => spec),
  );
  const outcomes = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  const orderIds = outcomes.flatMap((outcome) => outcome.orderIds);
  return { orderIds, untilMs: clock.now().getTime() + TTL_MS };
}

test('reads the free units and the version of existing variants', async () => {
  await place(shirt, 2);
  const aheadMs = clock.now().getTime() + AHEAD_MS;
  const readings = await read([shirt.variantId, lamp.variantId, 'var_none']);
  expect(Object.fromEntries(readings)).toEqual({
    [shirt.variantId]: { available: 1, version: 3, holdsUntilMs: aheadMs },
    [lamp.variantId]: { available: 500, version: 1, holdsUntilMs: aheadMs },
  });
});

test('reads when the first reservation of a variant has ended', async () => {
  const first = await place(shirt);
  clock.advance(200);
  await place(shirt);
  const other = await place(lamp);
  clock.advance(TTL_MS);
  const readings = await read([shirt.variantId, lamp.variantId]);
  expect(readings.get(shirt.variantId)?.holdsUntilMs).toBe(first.untilMs);
  expect(readings.get(lamp.variantId)?.holdsUntilMs).toBe(other.untilMs);
});

test('a confirmed or cancelled order has no reservation that could end', async () => {
  const { orderIds } = await place(shirt, 2);
  const moves = ['confirm', 'cancel'] as const;
  await moveOrders(
    ledger,
    orderIds.map((orderId, index) => ({ orderId, move: moves[index] ?? 'cancel', actor: 'test' })),
  );
  clock.advance(TTL_MS);
  const readings = await read([shirt.variantId]);
  expect(readings.get(shirt.variantId)?.holdsUntilMs).toBe(clock.now().getTime() + AHEAD_MS);
});

test('if more than 200 reservations have ended, the last end that was read limits holdsUntilMs of all other variants', async () => {
  const { untilMs } = await place(lamp, 201);
  clock.advance(10);
  await place(shirt);
  clock.advance(TTL_MS);
  const readings = await read([shirt.variantId, lamp.variantId]);
  expect(readings.get(shirt.variantId)?.holdsUntilMs).toBe(untilMs);
});
