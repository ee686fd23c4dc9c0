import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { newId } from '../runtime/ids.ts';
import { openStore, type Store } from '../store/store.ts';
import { givenCheckout, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { startCuttingProxy } from '../testing/cutting-proxy.ts';
import { testNamespace } from '../testing/harness.ts';
import { loseCommits } from '../testing/lose-commits.ts';
import { openTestStore } from '../testing/test-store.ts';
import { adjustStock } from './adjust-stock.ts';
import { extendReservation } from './extend-reservation.ts';
import { reconcile } from './judging/reconcile.ts';
import { moveOrders } from './move-orders.ts';
import { parkCheckout, unparkCheckout } from './park-checkout.ts';
import { settleCheckouts } from './settle-checkouts.ts';
import { withdrawCheckouts } from './withdraw-checkout.ts';

/**
 * A transaction tries its commit five times. If all answers are lost, the transaction runs again.
 */
const LOSSES = [1, 5, 7];

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function expectNoDrift(): Promise<void> {
  const { differences } = await reconcile(givenLedger(store), { fix: false });
  expect(differences).toEqual([]);
}

describe.each(LOSSES)('when the answers to %i commits get lost', (losses) => {
  test('a checkout is settled once, and its outcome is returned', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const lost = loseCommits(store, losses);
    const [settled] = await settleCheckouts(givenLedger(store), [_id]);
    expect(lost.left()).toBe(0);
    expect(settled).toMatchObject({ checkoutId: _id, status: 'placed' });
    expect(await store.orders.countDocuments({ checkoutId: _id })).toBe(1);
    expect(await store.outbox.countDocuments({ 'events.subjectId': _id })).toBe(1);
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(level).toMatchObject({ onHand: 5, reserved: 3, version: 2 });
    await expectNoDrift();
  });

  test('an order is confirmed once, and its status is returned', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const ledger = givenLedger(store);
    const [settled] = await settleCheckouts(ledger, [_id]);
    const orderId = settled?.orderIds[0] ?? '';
    const lost = loseCommits(store, losses);
    const [moved] = await moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'test' }]);
    expect(lost.left()).toBe(0);
    expect(moved).toMatchObject({ order: { status: 'confirmed', seq: 2 } });
    expect(moved?.kind).not.toBe('refused');
    const order = await store.orders.findOne({ _id: orderId });
    expect(order?.history.map((step) => step.status)).toEqual(['pending', 'confirmed']);
    expect(await store.movements.countDocuments({ reference: orderId })).toBe(1);
    expect(await store.outbox.countDocuments({ 'events.subjectId': orderId })).toBe(1);
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(level).toMatchObject({ onHand: 2, reserved: 0, sold: 3 });
    await expectNoDrift();
  });

  test('stock is adjusted once, and the movement is returned', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const movementId = newId('mov');
    const lost = loseCommits(store, losses);
    const command = {
      movementId,
      amount: { delta: 4 },
      onHandMax: 100,
      reason: 'found',
      actor: 'test',
    };
    const [adjusted] = await adjustStock(givenLedger(store), [{ ...variant, ...command }]);
    expect(lost.left()).toBe(0);
    expect(adjusted).toMatchObject({ kind: 'adjusted', movement: { _id: movementId, version: 2 } });
    expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({ onHand: 9 });
    expect(await store.movements.countDocuments({ _id: movementId })).toBe(1);
    await expectNoDrift();
  });

  test('a reservation is extended once, and the order is returned', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const ledger = givenLedger(store);
    const [settled] = await settleCheckouts(ledger, [_id]);
    const orderId = settled?.orderIds[0] ?? '';
    const before = await store.orders.findOne({ _id: orderId });
    const reservedUntil = new Date((before?.reservedUntil.getTime() ?? 0) + 60_000);
    const lost = loseCommits(store, losses);
    const source = { actor: { kind: 'system', id: 'test' } } as const;
    const command = { orderId, extraMs: 60_000, heldMsMax: 3_600_000, actor: 'test', source };
    const extended = await extendReservation(ledger, command);
    expect(lost.left()).toBe(0);
    expect(extended).toMatchObject({ kind: 'extended', order: { reservedUntil, seq: 2 } });
    expect(await store.orders.findOne({ _id: orderId })).toMatchObject({ reservedUntil, seq: 2 });
    expect(await store.audit.countDocuments({ target: orderId })).toBe(1);
  });

  test('a checkout is withdrawn once, and reported as withdrawn', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const lost = loseCommits(store, losses);
    const [withdrawn] = await withdrawCheckouts(givenLedger(store), [_id]);
    expect(lost.left()).toBe(0);
    expect(withdrawn).toMatchObject({
      kind: expect.stringMatching(/^(withdrawn|unchanged)$/),
      checkout: { status: 'rejected', rejection: { code: 'withdrawn' } },
    });
    expect(await store.outbox.countDocuments({ 'events.subjectId': _id })).toBe(1);
    await expectNoDrift();
  });

  test('a checkout is parked once, and reported as parked', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const onParked = vi.fn();
    const ledger = { ...givenLedger(store), onParked };
    const lost = loseCommits(store, losses);
    expect(await parkCheckout(ledger, _id, 'for the test')).toBe(true);
    expect(lost.left()).toBe(0);
    expect(onParked).toHaveBeenCalledExactlyOnceWith(_id, 'for the test');
    expect(await store.outbox.countDocuments({ 'events.subjectId': _id })).toBe(1);
    expect(await parkCheckout(ledger, _id, 'for the test')).toBe(false);
  });

  test('a parked checkout is queued again once, and reported as queued', async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const ledger = givenLedger(store);
    await parkCheckout(ledger, _id, 'for the test');
    const lost = loseCommits(store, losses);
    expect(await unparkCheckout(ledger, _id)).toBe(true);
    expect(lost.left()).toBe(0);
    expect(await store.checkouts.findOne({ _id })).toMatchObject({
      status: 'queued',
      replays: 1,
    });
    expect(await unparkCheckout(ledger, _id)).toBe(false);
  });
});

// The proxy is in front of a single server.
test.skipIf(readEnv().testTopology === 'cluster')(
  'a checkout is settled once even if the connection is cut during the commit',
  async () => {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant, 3)] });
    const proxy = await startCuttingProxy(namespace.mongodbUrl);
    const proxied = await openStore(proxy.url);
    try {
      // The driver itself repeats a commit once, so four lost answers make at least two commits
      // fail for the ledger.
      proxy.loseAnswersTo('commitTransaction', 4);
      const [settled] = await settleCheckouts(givenLedger(proxied), [_id]);
      expect(proxy.leftToLose).toBe(0);
      expect(settled).toMatchObject({ status: 'placed' });
      expect(await store.orders.countDocuments({ checkoutId: _id })).toBe(1);
      expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({ reserved: 3 });
      await expectNoDrift();
    } finally {
      await proxied.close();
      await proxy.close();
    }
  },
);
