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

test('a refusal for holds that did not lapse is counted, by both judgements', async () => {
  const store = await openTestStore(testNamespace({ isOwnDatabase: true }));
  const clock = manualClock();
  const buyers = new LapsingBuyers(givenLedger(store, { clock, reservationTtlMs: 1_000 }), clock);
  const judge = new RecordJudge({ store, clock: systemClock });
  const listFaults = async () => {
    await judge.round(new AbortController().signal, async () => undefined);
    return (await judgingStore(store).faults.find({}).toArray()).map(({ _id, kinds }) => ({
      ...{ _id, kinds },
    }));
  };
  await listFaults();
  const [shirt] = await givenVariants(store, [{ onHand: 9 }]);
  const lapsed = await buyers.lapseTimes(3, 'ana', shirt);
  const right = await buyers.buy('ana', shirt);
  expect(right).toMatchObject({ rejection: { code: 'too_many_lapsed_holds' } });
  const judged = () => takeVerdict(store, { drained: true });
  expect(await judged()).toMatchObject({ ok: true, undersold: 0, inversions: 0 });
  expect(await listFaults()).toEqual([]);

  const rejection = { code: 'too_many_lapsed_holds', lapsedOrderIds: lapsed };
  const wrong = await buyers.buy('ben', shirt);
  await rawCollection(store, 'orders').deleteMany({ checkoutId: wrong.checkoutId });
  await rawCollection(store, 'checkouts').updateOne(
    { _id: wrong.checkoutId },
    { $set: { status: 'rejected', rejection: { ...rejection, productId: shirt.productId } } },
  );
  expect(await judged()).toMatchObject({ ok: false, undersold: 1 });
  const fault = { _id: wrong.checkoutId, kinds: ['lapsed_holds_contradicted'] };
  await expect.poll(listFaults, { timeout: 10_000 }).toContainEqual(fault);
  // A judgement of the whole record finds it too.
  await judge.close();
  for (const each of Object.values(judgingStore(store))) await each.deleteMany({});
  await expect.poll(listFaults, { timeout: 10_000 }).toContainEqual(fault);
  await judge.close();
});

test('a refusal for lapses with a confirmed order between them is counted', async () => {
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
  const judged = () => takeVerdict(store, { drained: true });
  expect(await judged()).toMatchObject({ ok: true, undersold: 0 });
  const edit = (lapsedOrderIds: readonly string[]) =>
    rawCollection(store, 'checkouts').updateOne(
      { _id: checkoutId },
      { $set: { 'rejection.lapsedOrderIds': lapsedOrderIds } },
    );
  await edit(lapsed.slice(0, 3));
  expect(await judged()).toMatchObject({ ok: false, undersold: 1 });
  await edit(lapsed.slice(2));
  expect(await judged()).toMatchObject({ ok: true, undersold: 0 });
});
