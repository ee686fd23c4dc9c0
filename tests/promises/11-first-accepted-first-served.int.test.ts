import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import { toPartition } from '../../shared/contract/partitions.ts';
import { type CheckoutQueue, openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { readEnv } from '../../shared/runtime/env.ts';
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
import { groupJob, toJob } from '../../shared/testing/settle-jobs.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { type Child, startChild } from '../rig/child.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const BACKLOG = promiseRuns(20_000, 800);
const STOCK = BACKLOG / 4;
const WORKERS = promiseRuns(4, 2);
/** Small in the short form, so that its backlog also has many batches. */
const BATCH_MAX = promiseRuns(256, 64);
const WAIT = { timeout: PROMISE_WAIT_MS };

const namespace = testNamespace();
let store: Store;
let queue: CheckoutQueue;
let env: Record<string, string>;

beforeAll(async () => {
  store = await openTestStore(namespace);
  env = await systemEnv(namespace, { BATCH_MAX: String(BATCH_MAX) });
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  queue = openCheckoutQueue(redis, namespace.keyPrefix);
});
beforeEach(async () => {
  await clearStore(store);
  await queue.bull.obliterate({ force: true });
});

/** Accepts a checkout of the variant for each of `count` buyers, a millisecond apart. */
function givenAccepted(variant: GivenVariant, count: number): Promise<CheckoutRecord[]> {
  const from = Date.now() - count;
  const lines = [toPricedLine(variant)];
  return givenCheckouts(
    store,
    Array.from({ length: count }, (_, n) => ({ lines, receivedAt: new Date(from + n) })),
  );
}

/** Adds jobs: one for each of the first 200 checkouts, and one for each group of the others. */
async function enqueue(checkouts: readonly CheckoutRecord[]): Promise<void> {
  const ids = checkouts.map(({ _id }) => _id);
  const singles = ids.splice(0, 200).map((id) => toJob(id));
  const groups = Array.from({ length: Math.ceil(ids.length / SETTLE_CHECKOUTS.checkoutsMax) }, () =>
    groupJob(ids.splice(0, SETTLE_CHECKOUTS.checkoutsMax)),
  );
  // Stores the job ids, as intake does. Otherwise the sweep would add more jobs for these
  // checkouts.
  await store.checkouts.bulkWrite(
    groups.map(({ id: jobId, data }) => ({
      updateMany: {
        filter: { _id: { $in: data.checkouts.map(({ checkoutId }) => checkoutId) } },
        update: { $set: { jobId } },
      },
    })),
  );
  await queue.bull.addBulk(
    [...singles, ...groups].map(({ id: jobId, data }) => ({
      ...{ name: SETTLE_CHECKOUTS.name, data, opts: { jobId } },
    })),
  );
}

function startWorkers(count: number): Promise<Child[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const worker = await startChild('worker/main.ts', env);
      onTestFinished(() => worker.stop().catch(() => undefined));
      return worker;
    }),
  );
}

const countQueued = () => store.checkouts.countDocuments({ status: 'queued' });

describe(`${BACKLOG} checkouts of one product and ${WORKERS} workers`, () => {
  test('are served in the order of acceptance', async () => {
    const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
    await enqueue(await givenAccepted(variant, BACKLOG));
    await startWorkers(WORKERS);
    await expect.poll(countQueued, WAIT).toBe(0);
    expect(await expectVerdictOk(store)).toMatchObject({ placed: STOCK, inversions: 0 });
  });

  test('are out of order by at most one batch after the settling worker is killed', async () => {
    const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
    const workers = await startWorkers(WORKERS);
    // A worker records with its next heartbeat which partitions it settles.
    const partition = toPartition(variant.productId, readEnv().partitions);
    const findSettling = async () => {
      const settling = { kind: 'worker', partitions: partition } as const;
      const pids = (await store.processes.find(settling).toArray()).map(({ pid }) => pid);
      return workers.filter(({ pid }) => pids.includes(pid));
    };
    await expect.poll(findSettling, WAIT).toHaveLength(1);
    const [killed] = await findSettling();
    await enqueue(await givenAccepted(variant, BACKLOG));
    await expect.poll(countQueued, { ...WAIT, interval: 1 }).toBeLessThan(BACKLOG);
    await killed?.kill('SIGKILL');
    expect(await countQueued()).toBeGreaterThan(0);
    await expect.poll(countQueued, WAIT).toBe(0);
    const verdict = await expectVerdictOk(store);
    expect(verdict.placed).toBe(STOCK);
    expect(verdict.inversions).toBeLessThanOrEqual(BATCH_MAX);
  });
});

test('a checkout of another shop settles within the next four batches', async () => {
  const [hot, quiet] = await givenVariants(store, [
    { onHand: STOCK },
    { onHand: 1, shop: 'another' },
  ]);
  await enqueue(await givenAccepted(hot, BACKLOG));
  await startWorkers(1);
  await expect.poll(countQueued, { ...WAIT, interval: 1 }).toBeLessThan(BACKLOG);
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(quiet)] }]);
  const _id = checkout?._id ?? '';
  await queue.enqueue([toJob(_id, 0, quiet.productId)]);
  const before = await countQueued();
  const readStatus = async () => (await store.checkouts.findOne({ _id }))?.status;
  await expect.poll(readStatus, { ...WAIT, interval: 1 }).toBe('placed');
  const after = await countQueued();
  // One batch may be in progress and another batch full before the job is taken, and as many again
  // before this test reads the numbers.
  expect(before - after).toBeLessThanOrEqual(4 * BATCH_MAX);
  await expect.poll(countQueued, WAIT).toBe(0);
});
