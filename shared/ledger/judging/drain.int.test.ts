import { beforeEach, expect, test } from 'vitest';
import { atSnapshot } from '../../store/snapshot.ts';
import { givenCheckout, givenLedger, givenVariants, toPricedLine } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { takeDrainedVerdict, waitUntilDrained } from './drain.ts';

const store = await openTestStore(testNamespace());
const quick = { pollMs: 5, stalledMsMax: 50 };

beforeEach(() => clearStore(store));

test('without queued checkouts, draining ends at once', async () => {
  expect(await waitUntilDrained(store)).toBe(true);
});

test('draining gives up if the number of queued checkouts does not fall', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  await givenCheckout(store, { lines: [toPricedLine(variant)] });
  expect(await waitUntilDrained(store, quick)).toBe(false);
});

test('in the verdict, checkouts are lost if draining gave up on them', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 2 }]);
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)] });
  await givenCheckout(store, { lines: [toPricedLine(variant)] });
  await settleCheckouts(givenLedger(store), [_id]);
  const verdict = await takeDrainedVerdict(store, quick);
  expect(verdict).toMatchObject({ ok: false, placed: 1, lost: 1, pending: 0 });
});

test('draining waits until a queued checkout is settled', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)] });
  const drained = waitUntilDrained(store, { pollMs: 5 });
  await settleCheckouts(givenLedger(store), [_id]);
  expect(await drained).toBe(true);
});

test('draining does not wait for checkouts outside the window', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  await givenCheckout(store, { lines: [toPricedLine(variant)] });
  expect(await waitUntilDrained(store, { to: new Date(Date.now() - 60_000) })).toBe(true);
});

test('after draining, a snapshot shows no queued checkout, even if the write of its outcome did not wait for the journal', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const settled = { $set: { status: 'rejected' as const } };
  const notJournaled = { writeConcern: { w: 1, j: false } };
  for (let round = 0; round < 30; round += 1) {
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)] });
    await store.checkouts.updateOne({ _id }, settled, notJournaled);
    expect(await waitUntilDrained(store, { pollMs: 1 })).toBe(true);
    const queued = await atSnapshot(store, (session) =>
      store.checkouts.find({ status: 'queued' }, { session }).toArray(),
    );
    expect(queued).toEqual([]);
  }
});
