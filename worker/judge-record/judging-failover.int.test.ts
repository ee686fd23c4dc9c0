import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import type { Periodic } from '../../shared/runtime/periodic.ts';
import { retry } from '../../shared/runtime/retry.ts';
import { findPrimary } from '../../shared/services/replica-set.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { isRetryable } from '../../shared/store/transaction.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { killServer, ownCluster } from '../../shared/testing/own-cluster.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { startJudging } from './judge-record.ts';

/** The full form kills whichever member is the primary, several times. */
const KILLS = promiseRuns(3, 1);
const WAIT = { timeout: 60_000 };
const READS = { isRetryable, timeoutMs: 60_000, pauseMsMin: 20, pauseMsMax: 500 };

const cluster = ownCluster();
let store: Store;
let judging: Periodic;
let shirt: GivenVariant;

beforeAll(async () => {
  store = await openStore(cluster.mongodb.url);
  await migrate(store);
  [shirt] = await givenVariants(store, [{ onHand: 1_000 }]);
  judging = startJudging({ store, clock: systemClock, onError: () => undefined });
}, 120_000);
afterAll(async () => {
  await judging.stop();
  await store.close();
});

/** Reads the judgement. As on the operators' pages, a read that fails in a failover is repeated. */
const judgement = () => retry(() => readJudgement(store, new Date()), READS);

/** Sells three shirts. */
async function sell(): Promise<void> {
  const lines = [toPricedLine(shirt)];
  const checkouts = await givenCheckouts(store, [{ lines }, { lines }, { lines }]);
  const ids = checkouts.map(({ _id }) => _id);
  await settleCheckouts(givenLedger(store), ids);
}

/** Expects that new sales are judged, and that a damaged counter is found. */
async function expectJudging(): Promise<void> {
  const before = (await judgement()).counts.checkouts;
  await expect.poll(() => sell().then(() => 'sold', String), WAIT).toBe('sold');
  await expect
    .poll(async () => (await judgement()).counts.checkouts, WAIT)
    .toBeGreaterThanOrEqual(before + 3);
  const damage = (by: number) =>
    rawCollection(store, 'stock').updateOne({ _id: shirt.variantId }, { $inc: { reserved: by } });
  const status = async () => (await judgement()).status;
  expect(await status()).toBe('ok');
  await damage(1);
  await expect.poll(status, WAIT).toBe('broken');
  await damage(-1);
  await expect.poll(status, WAIT).toBe('ok');
}

test('judging continues at its position when the primary steps down or is killed', async () => {
  await expect.poll(async () => (await judgement()).status, WAIT).toBe('ok');
  await expectJudging();
  const { wholeAt } = await judgement();

  const client = new MongoClient(cluster.mongodb.url);
  // The primary closes its connections, including this one.
  await client
    .db('admin')
    .command({ replSetStepDown: 10, force: true })
    .catch(() => undefined);
  await client.close();
  await expectJudging();

  for (let kill = 0; kill < KILLS; kill += 1) {
    await expect.poll(() => findPrimary(cluster.mongodb), WAIT).toBeDefined();
    const index = (await findPrimary(cluster.mongodb)) ?? 0;
    await killServer(cluster.mongodb, index);
    await expectJudging();
    await cluster.mongodb.restart(index);
  }
  expect((await judgement()).wholeAt).toEqual(wholeAt);
}, 300_000);
