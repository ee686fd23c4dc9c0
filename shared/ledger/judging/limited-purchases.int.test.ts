import { expect, onTestFinished, test, vi } from 'vitest';
import type { PurchaseDifference } from '../../domain/judging/purchases.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Store } from '../../store/store.ts';
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
import { purchaseDifferences } from './limited-purchases.ts';
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

test('the orders of one buyer are judged before the orders of the next buyer are read', async () => {
  const store = await openTestStore(testNamespace());
  const limited = { onHand: 99, product: 'shirt', limit: { quantity: 5 } };
  const variants = await givenVariants(store, [
    limited,
    limited,
    { onHand: 99, limit: { quantity: 9 } },
  ]);
  const lines = variants.map((variant) => toPricedLine(variant));
  // Two storefronts have a buyer with the same id.
  const buyers = [
    ...['eve', 'ana', 'ben'].map((buyerId) => ({ buyerId })),
    { buyerId: 'ana', storefrontId: 'shp_other' },
    ...['dan', 'ana'].map((buyerId) => ({ buyerId })),
  ];
  const checkouts = await givenCheckouts(
    store,
    buyers.map((buyer) => ({ ...buyer, lines })),
  );
  const ids = checkouts.map(({ _id }) => _id);
  const settled = await settleCheckouts(givenLedger(store), ids);
  const [orderId = ''] = settled.at(-1)?.orderIds ?? [];
  const lowered = { $set: { 'purchaseLimits.$[].quantity': 1 } };
  await rawCollection(store, 'orders').updateMany({}, lowered);
  const cursors = emptyJudgedOrders(store);
  const differences: PurchaseDifference[] = [];
  for await (const found of purchaseDifferences(store)) differences.push(...found);
  expect(differences).toHaveLength(variants.length);
  const exceeded = {
    kind: 'purchase_limit_exceeded',
    orderId,
    buyerKey: 'shp_test/ana',
    bought: 2,
  };
  for (const { variantId: itemId } of variants) {
    expect(differences).toContainEqual({ ...exceeded, itemId, limit: 1 });
  }
  // The index has the orders in this order, so mongod need not hold them either.
  const plans = await Promise.all(cursors.map((cursor) => cursor.explain('queryPlanner')));
  expect(plans).toHaveLength(1);
  expect(JSON.stringify(plans)).not.toContain('"stage":"SORT"');
});

/**
 * Empties the orders of a buyer once the second order after them is read: by then they must have
 * been judged. Returns cursors of the same queries.
 */
function emptyJudgedOrders({ orders }: Store) {
  const find = orders.find.bind(orders);
  const cursors: ReturnType<typeof find>[] = [];
  const spy = vi.spyOn(orders, 'find').mockImplementation((filter, options) => {
    const { session: _, ...withoutSession } = options ?? {};
    cursors.push(find(filter, withoutSession));
    return emptyAfterBuyer(find(filter, options)) as never;
  });
  onTestFinished(() => spy.mockRestore());
  return cursors;
}

async function* emptyAfterBuyer(orders: AsyncIterable<OrderRecord>) {
  let own: OrderRecord[] = [];
  for await (const order of orders) {
    const before = own[0]?.buyerId === order.buyerId ? [] : own;
    if (before === own) own = [];
    own.push(order);
    yield order;
    for (const { lines } of before) (lines as unknown[]).length = 0;
  }
}
