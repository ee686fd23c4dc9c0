import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { settleJobId } from '../../shared/contract/jobs.ts';
import {
  type CheckoutQueue,
  nameJobs,
  openCheckoutQueue,
  toJobs,
} from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const BACKLOG = promiseRuns(20_000, 720);
const PRODUCTS = 6;
const PARTITIONS = 4;
const WORKERS = 4;
/** Small in the short form, so that its backlog also has many batches. */
const BATCH_MAX = promiseRuns(256, 16);
const JOBS_PER_CALL = 50;
const WAIT = { timeout: PROMISE_WAIT_MS };

const namespace = testNamespace();
let store: Store;
let queue: CheckoutQueue;

beforeAll(async () => {
  store = await openTestStore(namespace);
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  queue = openCheckoutQueue(redis, namespace.keyPrefix, PARTITIONS);
});

/**
 * Adds the jobs of checkouts as the API does: checkouts of one partition share jobs, and have the
 * ids of their jobs. Otherwise the sweep would add more jobs for them.
 */
async function enqueue(records: readonly CheckoutRecord[]): Promise<void> {
  const checkouts = records.map(({ _id, lines }) => ({
    ...{ checkoutId: _id, productId: lines[0]?.productId ?? '', lines: lines.length },
  }));
  const jobIds = nameJobs(checkouts, PARTITIONS, ({ checkoutId }) => settleJobId(checkoutId, 0));
  const jobs = toJobs(
    checkouts.map((checkout, index) => ({ ...checkout, jobId: jobIds[index] ?? '' })),
  );
  await store.checkouts.bulkWrite(
    jobs.map(({ id: jobId, data }) => ({
      updateMany: {
        filter: { _id: { $in: data.checkouts.map(({ checkoutId }) => checkoutId) } },
        update: { $set: { jobId } },
      },
    })),
  );
  for (let from = 0; from < jobs.length; from += JOBS_PER_CALL) {
    const call = jobs.slice(from, from + JOBS_PER_CALL);
    // A job that was added before the deadline of the first call is not added twice.
    await expect.poll(() => queue.enqueue(call), WAIT).toBeUndefined();
  }
}

async function startWorkers(): Promise<void> {
  const env = await systemEnv(namespace, {
    PARTITIONS: String(PARTITIONS),
    BATCH_MAX: String(BATCH_MAX),
  });
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const worker = await startChild('worker/main.ts', env);
      onTestFinished(() => worker.stop());
    }),
  );
}

const countQueued = () => store.checkouts.countDocuments({ status: 'queued' });

test(`${WORKERS} workers serve ${BACKLOG} checkouts of ${PRODUCTS} products in order, and a checkout of another shop does not wait behind them`, async () => {
  const onHand = Math.floor(BACKLOG / PRODUCTS / 4);
  const hot = await givenVariants(
    store,
    Array.from({ length: PRODUCTS }, () => ({ onHand })),
  );
  const [quiet] = await givenVariants(store, [{ onHand: 1, shop: 'another' }]);
  const from = Date.now() - BACKLOG;
  const specs = Array.from({ length: BACKLOG }, (_, n) => ({
    lines: [toPricedLine(hot[n % PRODUCTS] as GivenVariant)],
    receivedAt: new Date(from + n),
  }));
  await enqueue(await givenCheckouts(store, specs));
  await startWorkers();
  await expect.poll(countQueued, { ...WAIT, interval: 1 }).toBeLessThan(BACKLOG);

  const quietCheckouts = await givenCheckouts(store, [{ lines: [toPricedLine(quiet)] }]);
  await enqueue(quietCheckouts);
  const before = await countQueued();
  const readStatus = async () =>
    (await store.checkouts.findOne({ _id: quietCheckouts[0]?._id ?? '' }))?.status;
  await expect.poll(readStatus, { ...WAIT, interval: 1 }).toBe('placed');
  // One partition may settle up to four batches before its job is taken and this test has read the
  // numbers, and all partitions settle batches at the same time.
  expect(before - (await countQueued())).toBeLessThanOrEqual(4 * PARTITIONS * BATCH_MAX);

  await expect.poll(countQueued, WAIT).toBe(0);
  const verdict = await expectVerdictOk(store);
  expect(verdict).toMatchObject({ placed: PRODUCTS * onHand + 1, inversions: 0 });
});
