import { expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';
import { judgingStore } from './following/judging-store.ts';
import { RecordJudge } from './following/record-judge.ts';
import { reconcile } from './reconcile.ts';
import { takeVerdict } from './verdict.ts';

const DAY_MS = 24 * 3_600_000;

test('an order beyond its purchase limit counts as drift, which reconcile cannot repair', async () => {
  const store = await openTestStore(testNamespace());
  const ledger = givenLedger(store);
  const judge = new RecordJudge({ store, clock: systemClock });
  const follow = () => judge.round(new AbortController().signal, async () => undefined);
  await follow();
  const [shirt] = await givenVariants(store, [{ onHand: 9, limit: { quantity: 2 } }]);
  const lines = [toPricedLine(shirt)];
  const checkouts = await givenCheckouts(store, [{ lines }, { lines }, { lines }]);
  const settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  expect(settled.map(({ status }) => status)).toEqual(['placed', 'placed', 'rejected']);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
  await follow();
  expect(await judgingStore(store).faults.find({}).toArray()).toEqual([]);

  const [orderId = ''] = settled[1]?.orderIds ?? [];
  await rawCollection(store, 'orders').updateOne(
    { _id: orderId },
    { $set: { 'purchaseLimits.0.quantity': 1 } },
  );
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: false, drift: 1 });
  const { variantId: itemId } = shirt;
  const report = await reconcile(ledger, { fix: true });
  expect(report.left).toMatchObject([
    { itemId, kind: 'purchase_limit_exceeded', orderId, bought: 2 },
  ]);
  expect(report.unrepairable).toMatchObject([{ itemId }]);
  await expect
    .poll(async () => {
      await follow();
      return (await judgingStore(store).faults.find({}).toArray()).map(({ kinds }) => kinds);
    })
    .toEqual([['purchase_limit_exceeded']]);
  await judge.close();
});

test('an order that reacquired its units counts toward the limit from that time', async () => {
  const store = await openTestStore(testNamespace());
  const clock = manualClock();
  const ledger = givenLedger(store, { clock });
  const [shirt] = await givenVariants(store, [{ onHand: 9, limit: { quantity: 2, days: 1 } }]);
  const buy = async () => {
    const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(shirt)] }]);
    const [settled] = await settleCheckouts(ledger, [checkout?._id ?? '']);
    return settled?.orderIds[0] ?? '';
  };
  const orderId = await buy();
  clock.advance(3 * DAY_MS);
  const common = { orderId, actor: 'test' } as const;
  await moveOrders(ledger, [{ ...common, move: 'expire' }]);
  const confirm = { ...common, move: 'confirm', isReacquiring: true } as const;
  expect(await moveOrders(ledger, [confirm])).toMatchObject([{ kind: 'moved' }]);
  const secondOrderId = await buy();
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
  const lowered = { $set: { 'purchaseLimits.0.quantity': 1 } };
  await rawCollection(store, 'orders').updateOne({ _id: secondOrderId }, lowered);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: false, drift: 1 });
});
