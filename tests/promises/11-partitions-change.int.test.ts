import { expect, onTestFinished, test } from 'vitest';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

/** In each of three waves. */
const BUYERS = promiseRuns(4_000, 96);
const PRODUCTS = 12;
/** Half of the units that the three waves of buyers want of a product. */
const ON_HAND = BUYERS / 8;
const WORKERS = 4;
const CONCURRENCY = 16;
const WAIT = { timeout: PROMISE_WAIT_MS };

const namespace = testNamespace();

/** Starts a process with a number of partitions. The test stops the process if it still runs. */
async function start(
  entry: 'api' | 'worker',
  partitions: number,
): Promise<Child & { url: string }> {
  const env = await systemEnv(namespace, { PARTITIONS: String(partitions) });
  const child = await startChild(`${entry}/main.ts`, env);
  onTestFinished(() => child.stop().catch(() => undefined));
  return { ...child, url: `http://127.0.0.1:${env['PORT']}` };
}

const countQueued = (store: Store) => store.checkouts.countDocuments({ status: 'queued' });

/** Returns the partitions of all workers, sorted. */
async function findPartitionsHeld(store: Store): Promise<number[]> {
  const workers = await store.processes.find({ kind: 'worker' }).toArray();
  return workers.flatMap(({ partitions = [] }) => [...partitions]).sort();
}

test(`PARTITIONS changes from 1 to 4 and back under load while workers are killed: all ${3 * BUYERS} accepted checkouts get one outcome`, async () => {
  const store = await openTestStore(namespace);
  const variants = await givenVariants(
    store,
    Array.from({ length: PRODUCTS }, () => ({ onHand: ON_HAND })),
  );
  const apiKey = await givenApiKey(store, variants[0]?.shopId ?? '');
  const accepted: string[] = [];
  const buy = (url: string, wave: string) =>
    runConcurrently(BUYERS, CONCURRENCY, async (n) => {
      const { variantId } = variants[n % PRODUCTS] as GivenVariant;
      const lines = [{ variantId, quantity: 1 }];
      const { status, json } = await storefront(url, apiKey).post(`${wave}-${n}`, lines);
      expect(status).toBe(202);
      accepted.push(String(json['id']));
    });

  const [apiOf1, apiOf4] = [await start('api', 1), await start('api', 4)];
  const workersOf1 = await Promise.all([start('worker', 1), start('worker', 1)]);
  // Old and new processes run at the same time; the old workers are killed while they have jobs.
  const up = Promise.all([buy(apiOf1.url, 'up-1'), buy(apiOf4.url, 'up-4')]);
  await expect.poll(() => accepted.length, WAIT).toBeGreaterThan(BUYERS / 4);
  const workersOf4 = await Promise.all(Array.from({ length: WORKERS }, () => start('worker', 4)));
  await Promise.all(workersOf1.map((worker) => worker.kill('SIGKILL')));
  await up;
  await expect
    .poll(() => findPartitionsHeld(store), WAIT)
    .toEqual(expect.arrayContaining([0, 1, 2, 3]));

  // Back to one partition: jobs are added for four partitions until the end, but only one queue is
  // still consumed.
  const down = buy(apiOf4.url, 'down');
  await workersOf4[0]?.kill('SIGKILL');
  const lastWorker = await start('worker', 1);
  await Promise.all(workersOf4.slice(1).map((worker) => worker.kill('SIGKILL')));
  await down;
  await expect.poll(() => countQueued(store), WAIT).toBe(0);
  await lastWorker.stop();

  const records = await store.checkouts.find({}).toArray();
  expect(records.map(({ _id }) => _id).sort()).toEqual(accepted.sort());
  const isFinal = ({ status }: CheckoutRecord) => status === 'placed' || status === 'rejected';
  expect(records.filter((record) => !isFinal(record))).toEqual([]);
  expect(await expectVerdictOk(store)).toMatchObject({
    accepted: 3 * BUYERS,
    placed: PRODUCTS * ON_HAND,
    duplicated: 0,
  });
}, 240_000);
