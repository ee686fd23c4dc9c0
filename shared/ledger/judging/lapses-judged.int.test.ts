import { expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { givenLedger, givenVariants } from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { moveOrders } from '../move-orders.ts';
import { LapsingBuyers } from '../testing/given-lapses.ts';
import { judgingStore } from './following/judging-store.ts';
import { RecordJudge } from './following/record-judge.ts';
import { takeVerdict } from './verdict.ts';

test('both verdicts find a refusal for holds that did not lapse', async () => {
  const store = await openTestStore(testNamespace({ isOwnDatabase: true }));
  const clock = manualClock();
  const buyers = new LapsingBuyers(givenLedger(store, { clock, reservationTtlMs: 1_000 }), clock);
  const judge = new RecordJudge({ store, clock: systemClock, wholeRestFactor: 0 });
  const listFaults = async () => {
    await judge.round(new AbortController().signal, async () => undefined);
    return (await judgingStore(store).faults.find({}).toArray()).map(({ _id, kinds }) => ({
      ...{ _id, kinds },
    }));
  };
  await listFaults();
  const [shirt] = await givenVariants(store, [{ onHand: 9 }]);
  const lapsed = await buyers.lapseTimes(3, 'ana', shirt);
  const refused = await buyers.buy('ana', shirt);
  expect(refused).toMatchObject({ rejection: { code: 'too_many_lapsed_holds' } });
  const readVerdict = () => takeVerdict(store, { drained: true });
  expect(await readVerdict()).toMatchObject({ ok: true, undersold: 0, inversions: 0 });
  expect(await listFaults()).toEqual([]);

  const rejection = { code: 'too_many_lapsed_holds', lapsedOrderIds: lapsed };
  const placed = await buyers.buy('ben', shirt);
  await rawCollection(store, 'orders').deleteMany({ checkoutId: placed.checkoutId });
  await rawCollection(store, 'checkouts').updateOne(
    { _id: placed.checkoutId },
    { $set: { status: 'rejected', rejection: { ...rejection, productId: shirt.productId } } },
  );
  expect(await readVerdict()).toMatchObject({ ok: false, undersold: 1 });
  const fault = { _id: placed.checkoutId, kinds: ['lapsed_holds_contradicted'] };
  await expect.poll(listFaults, { timeout: 10_000 }).toContainEqual(fault);
  // A complete reading of the record finds the fault too.
  await judge.close();
  for (const collection of Object.values(judgingStore(store))) await collection.deleteMany({});
  await expect.poll(listFaults, { timeout: 10_000 }).toContainEqual(fault);
  await judge.close();
});

test('a refusal for lapses counts as undersold if an order was confirmed between the lapses, but not if it was confirmed before them', async () => {
  const store = await openTestStore(testNamespace({ isOwnDatabase: true }));
  const clock = manualClock();
  const ledger = givenLedger(store, { clock, reservationTtlMs: 60_000 });
  const buyers = new LapsingBuyers(ledger, clock);
  const [shirt] = await givenVariants(store, [{ onHand: 9 }]);
  const lapsed = await buyers.lapseTimes(2, 'ana', shirt);
  clock.advance(10_000);
  const orderId = await buyers.place('ana', shirt);
  await moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'test' }]);
  lapsed.push(...(await buyers.lapseTimes(3, 'ana', shirt)));
  clock.advance(10_000);
  const { checkoutId } = await buyers.buy('ana', shirt);
  const readVerdict = () => takeVerdict(store, { drained: true });
  expect(await readVerdict()).toMatchObject({ ok: true, undersold: 0 });
  const editLapses = (lapsedOrderIds: readonly string[]) =>
    rawCollection(store, 'checkouts').updateOne(
      { _id: checkoutId },
      { $set: { 'rejection.lapsedOrderIds': lapsedOrderIds } },
    );
  await editLapses(lapsed.slice(0, 3));
  expect(await readVerdict()).toMatchObject({ ok: false, undersold: 1 });
  await editLapses(lapsed.slice(2));
  expect(await readVerdict()).toMatchObject({ ok: true, undersold: 0 });
});
