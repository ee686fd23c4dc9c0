import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLocks, type Locks } from '../locks/product-locks.ts';
import type { RedisClient } from '../queue/connections.ts';
import { GroupCommit } from '../runtime/group-commit.ts';
import { newId } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { promiseRuns } from '../testing/promises.ts';
import { readyRedis } from '../testing/ready-redis.ts';
import { openTestStore } from '../testing/test-store.ts';
import { type AdjustmentCommand, type AdjustmentResult, adjustStock } from './adjust-stock.ts';
import { splitOnError } from './commit.ts';
import { reconcile } from './judging/reconcile.ts';
import type { LedgerContext } from './ledger.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const ROUNDS = promiseRuns(10, 2);
const ADJUSTERS = 200;
/**
 * The number of intakes of adjustments, one for each simulated process. An intake commits the
 * adjustments that arrive together.
 */
const INTAKES = 4;
const BATCHES = 8;
const BATCH_CHECKOUTS = 16;

const namespace = testNamespace();
let store: Store;
let redis: RedisClient;

beforeAll(async () => {
  store = await openTestStore(namespace);
  redis = await readyRedis(namespace.redisUrl);
});
afterAll(() => redis.disconnect());

/** Grants all locks at once, and records the names of each call and the end of its work. */
function recordingLocks() {
  const log: string[] = [];
  const locks: Locks = {
    holding: async (names, work) => {
      log.push(`hold ${[...new Set(names)].sort()}`);
      const result = await work();
      log.push('release');
      return result;
    },
  };
  return { locks, log };
}

function toAdjustment({ variantId, productId }: GivenVariant, delta: number) {
  const common = { onHandMax: 1_000_000, reason: 'count', actor: 'test' };
  return { movementId: newId('mov'), variantId, productId, amount: { delta }, ...common };
}

function createIntake(ledger: LedgerContext): GroupCommit<AdjustmentCommand, AdjustmentResult> {
  return new GroupCommit({
    name: 'adjustments',
    itemsMax: ADJUSTERS,
    queueMax: ADJUSTERS,
    commit: (commands) => splitOnError(commands, (batch) => adjustStock(ledger, batch)),
  });
}

test('verbs lock their products; moves and adjustments publish after the release', async () => {
  const [shirt, lamp] = await givenVariants(store, [{ onHand: 5 }, { onHand: 5 }]);
  const both = `hold ${[shirt.productId, lamp.productId].sort()}`;
  const { locks, log } = recordingLocks();
  const ledger = givenLedger(store, { locks, onCommitted: () => log.push('published') });
  const [checkout] = await givenCheckouts(store, [
    { lines: [toPricedLine(shirt), toPricedLine(lamp)] },
  ]);
  const [settled] = await settleCheckouts(ledger, [checkout?._id ?? '']);
  expect(log.splice(0)[0]).toBe(both);
  const orderIds = settled?.orderIds ?? [];
  for (const move of ['confirm', 'cancel'] as const) {
    await moveOrders(
      ledger,
      orderIds.map((orderId) => ({ orderId, move, actor: 'test' })),
    );
    expect(log.splice(0)).toEqual([both, 'release', 'published']);
  }
  await adjustStock(ledger, [toAdjustment(lamp, 1)]);
  expect(log.splice(0)).toEqual([`hold ${lamp.productId}`, 'release', 'published']);
});

test('an unknown checkout or order locks nothing and publishes nothing', async () => {
  const { locks, log } = recordingLocks();
  const ledger = givenLedger(store, { locks, onCommitted: () => log.push('published') });
  expect(await settleCheckouts(ledger, ['chk_unknown'])).toMatchObject([{ status: 'missing' }]);
  const unknown = { orderId: 'ord_unknown', move: 'confirm', actor: 'test' } as const;
  expect(await moveOrders(ledger, [unknown])).toEqual([{ kind: 'missing' }]);
  expect(log.filter((entry) => entry !== 'hold ' && entry !== 'release')).toEqual([]);
});

test(`${ADJUSTERS} concurrent adjustments do not starve the batches of their variant, in ${ROUNDS} rounds`, async () => {
  const ledger = givenLedger(store, { locks: createLocks(redis, namespace.keyPrefix) });
  const intakes = Array.from({ length: INTAKES }, () => createIntake(ledger));
  const [variant] = await givenVariants(store, [{ onHand: 10 }]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const checkouts = await givenCheckouts(
      store,
      Array.from({ length: BATCHES * BATCH_CHECKOUTS }, () => ({ lines: [toPricedLine(variant)] })),
    );
    const ids = checkouts.map(({ _id }) => _id);
    const batches = Array.from({ length: BATCHES }, (_, n) =>
      settleCheckouts(ledger, ids.slice(n * BATCH_CHECKOUTS, (n + 1) * BATCH_CHECKOUTS)),
    );
    const adjusters = Array.from({ length: ADJUSTERS }, (_, n) =>
      intakes[n % INTAKES]?.submit(toAdjustment(variant, 1)),
    );
    const settled = (await Promise.all(batches)).flat();
    const adjusted = await Promise.all(adjusters);
    const statuses = new Set(settled.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 'placed' && status !== 'rejected')).toEqual(
      [],
    );
    expect(new Set(adjusted.map((result) => result?.kind))).toEqual(new Set(['adjusted']));
    const level = await store.stock.findOne({ _id: variant.variantId });
    expect(level).toMatchObject({ onHand: 10 + round * ADJUSTERS });
    const ordersOfVariant = { 'lines.variantId': variant.variantId };
    expect(await store.orders.countDocuments(ordersOfVariant)).toBe(level?.reserved);
    const { differences } = await reconcile(ledger, { fix: false });
    expect(differences).toEqual([]);
  }
}, 240_000);
