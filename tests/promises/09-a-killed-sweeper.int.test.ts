import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { PROMISE_TIMEOUT_MS, PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const KILLS = promiseRuns(20, 2);
/** Expired reservations in each round, which kills one sweeper. */
const DUE = promiseRuns(1_500, 600);
const BATCH = promiseRuns(500, 300);
const TTL_MS = 60_000;
const WAIT = { timeout: PROMISE_WAIT_MS, interval: 5 };

const namespace = testNamespace();

/** Places orders whose reservations expired an hour ago. */
async function givenDue(store: Store, variants: readonly GivenVariant[]): Promise<void> {
  const clock = manualClock(new Date(Date.now() - 3_600_000));
  const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });
  for (let placed = 0; placed < DUE; placed += BATCH) {
    const checkouts = await givenCheckouts(
      store,
      // Each of another buyer, because a buyer whose reservations lapse several times in a row has to
      // wait behind others.
      Array.from({ length: BATCH }, (_, n) => ({
        buyerId: randomUUID(),
        lines: [toPricedLine(variants[n % variants.length] as GivenVariant, 1 + (n % 3))],
      })),
    );
    await settleCheckouts(
      ledger,
      checkouts.map((checkout) => checkout._id),
    );
  }
}

test(
  `each of ${KILLS * DUE} reservations expires once although the sweeper is killed ${KILLS} times`,
  async () => {
    const store = await openTestStore(namespace);
    const onHand = KILLS * DUE * 3;
    const variants = await givenVariants(store, [{ onHand }, { onHand }, { onHand }, { onHand }]);
    const env = await systemEnv(namespace);
    const countExpired = () => store.orders.countDocuments({ status: 'expired' });
    let interrupted = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await givenDue(store, variants);
      const before = await countExpired();
      if (kill % 2 === 0) {
        // This worker dies after writing stock and before the commit, so its transaction stays
        // open.
        const dying = await startChild('tests/rig/children/worker-dying-in-commit.ts', env);
        expect(await dying.exited).toBe('SIGKILL');
      } else {
        const sweeper = await startChild('worker/main.ts', env);
        await expect.poll(countExpired, WAIT).toBeGreaterThan(before);
        await sweeper.kill('SIGKILL');
      }
      if ((await countExpired()) < (kill + 1) * DUE) interrupted += 1;
    }
    expect(interrupted).toBeGreaterThanOrEqual(KILLS / 2);
    const successor = await startChild('worker/main.ts', env);
    onTestFinished(() => successor.stop());
    await expect.poll(countExpired, WAIT).toBe(KILLS * DUE);
    const expectedHistory = [
      { status: 'pending', actor: 'key_test' },
      { status: 'expired', actor: 'system', reason: 'not confirmed in time' },
    ];
    for await (const order of store.orders.find()) {
      expect(order.history).toMatchObject(expectedHistory);
      expect(order).toMatchObject({ status: 'expired', seq: 2 });
    }
    expect(await countExpiredEvents(store)).toEqual({ events: KILLS * DUE, orders: KILLS * DUE });
    expect(await store.movements.countDocuments({ kind: 'expire' })).toBe(KILLS * DUE);
    for (const { variantId } of variants) {
      const level = await store.stock.findOne({ _id: variantId });
      expect(level).toMatchObject({ onHand, reserved: 0, sold: 0 });
    }
    await expectVerdictOk(store);
  },
  PROMISE_TIMEOUT_MS,
);

async function countExpiredEvents(store: Store): Promise<{ events: number; orders: number }> {
  const [counted] = await store.outbox
    .aggregate<{ events: number; orders: number }>([
      { $unwind: '$events' },
      { $match: { 'events.type': 'order.expired' } },
      { $group: { _id: '$events.subjectId', count: { $sum: 1 } } },
      { $group: { _id: null, events: { $sum: '$count' }, orders: { $sum: 1 } } },
      { $project: { _id: 0 } },
    ])
    .toArray();
  return counted ?? { events: 0, orders: 0 };
}

test('only the ledger ends orders: no TTL index deletes them', async () => {
  const store = await openTestStore(namespace);
  for (const model of [store.orders, store.checkouts, store.stock, store.movements]) {
    for (const index of await model.indexes()) {
      expect(index).not.toHaveProperty('expireAfterSeconds');
    }
  }
});
