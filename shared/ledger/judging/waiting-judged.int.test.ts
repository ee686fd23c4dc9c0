import { afterEach, beforeAll, expect, test } from 'vitest';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Store } from '../../store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { parkCheckout, unparkCheckout } from '../park-checkout.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { restock } from '../testing/given-waiting.ts';
import { takeDrainedVerdict, waitUntilDrained } from './drain.ts';
import { takeVerdict } from './verdict.ts';

const HOUR_MS = 3_600_000;
const quick = { stalledMsMax: 50, pollMs: 10 };

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

async function settle(variant: GivenVariant, fields: Partial<CheckoutRecord> = {}, quantity = 1) {
  const lines = [toPricedLine(variant, quantity)];
  const [checkout] = await givenCheckouts(store, [{ lines, ...fields }]);
  const _id = checkout?._id ?? '';
  await settleCheckouts(givenLedger(store), [_id]);
  return _id;
}

const waitFor = (variant: GivenVariant, quantity = 1) =>
  settle(variant, { waitUntil: new Date(Date.now() + HOUR_MS) }, quantity);
const judge = (drained = true) => takeVerdict(store, { drained });

/** Hides the waiting checkout while a newcomer is settled, as a fault would. */
async function overtake(id: string, variant: GivenVariant): Promise<void> {
  const setStatus = (status: CheckoutRecord['status']) =>
    store.checkouts.updateOne({ _id: id }, { $set: { status } });
  await setStatus('failed');
  await settle(variant, { receivedAt: new Date(Date.now() + 1_000) });
  await setStatus('waiting');
}

test('free units that a checkout waits for count as undersold after the queue has drained', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const id = await waitFor(variant);
  await waitFor(variant, 3);
  expect(await judge()).toMatchObject({ ok: true, undersold: 0, waiting: 2 });
  await restock(givenLedger(store), variant, 1);
  expect(await judge()).toMatchObject({ ok: false, undersold: 1, waiting: 2 });
  expect(await judge(false)).toMatchObject({ ok: true, undersold: 0 });
  expect(await waitUntilDrained(store, quick)).toBe(false);
  expect(await takeDrainedVerdict(store, quick)).toMatchObject({ ok: false, undersold: 1 });
  await settleCheckouts(givenLedger(store), [id]);
  expect(await waitUntilDrained(store, quick)).toBe(true);
  expect(await judge()).toMatchObject({ ok: true, undersold: 0, waiting: 1, inversions: 0 });
});

test('a wait counts as undersold only in its window and before its time is over', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const id = await waitFor(variant);
  await restock(givenLedger(store), variant, 1);
  expect(await judge()).toMatchObject({ ok: false, undersold: 1 });
  const from = new Date(Date.now() + 60_000);
  expect(await takeVerdict(store, { from, drained: true })).toMatchObject({ undersold: 0 });
  await store.waits.updateOne({ _id: id }, { $set: { waitUntil: new Date() } });
  expect(await judge()).toMatchObject({ ok: true, undersold: 0, waiting: 1 });
});

test('a newcomer that overtakes a wait is an inversion, even once the wait is served', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const id = await waitFor(variant);
  await restock(givenLedger(store), variant, 1);
  await overtake(id, variant);
  expect(await judge()).toMatchObject({ inversions: 1, waiting: 1 });
  await restock(givenLedger(store), variant, 1);
  await settleCheckouts(givenLedger(store), [id]);
  expect(await judge()).toMatchObject({ inversions: 1, waiting: 0, placed: 2 });
});

test('it is not an inversion if a newcomer takes units that are too few for the wait', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const id = await waitFor(variant, 2);
  await restock(givenLedger(store), variant, 1);
  await overtake(id, variant);
  expect(await judge()).toMatchObject({ ok: true, inversions: 0, waiting: 1 });
});

const later = () => ({ receivedAt: new Date(Date.now() + 1_000) });

test('it is not an inversion if a newcomer takes units while a wait is parked', async () => {
  const ledger = givenLedger(store);
  const [variant] = await givenVariants(store, [{ onHand: 0 }]);
  const id = await waitFor(variant);
  expect(await parkCheckout(ledger, id, 'a fault')).toBe(true);
  await restock(ledger, variant, 1);
  await settle(variant, later());
  expect(await unparkCheckout(ledger, id)).toBe(true);
  await settleCheckouts(ledger, [id]);
  expect(await judge()).toMatchObject({ inversions: 0, placed: 1, waiting: 1 });
  await restock(ledger, variant, 1);
  await settleCheckouts(ledger, [id]);
  expect(await judge()).toMatchObject({ ok: true, inversions: 0, placed: 2, waiting: 0 });
});

test('the refusal of a checkout that was parked and replayed is not an inversion', async () => {
  const ledger = givenLedger(store);
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(variant)] }]);
  const id = checkout?._id ?? '';
  expect(await parkCheckout(ledger, id, 'a fault')).toBe(true);
  await settle(variant, later());
  expect(await unparkCheckout(ledger, id)).toBe(true);
  await settleCheckouts(ledger, [id]);
  expect(await judge()).toMatchObject({ ok: true, inversions: 0, placed: 1, rejected: 1 });
});
