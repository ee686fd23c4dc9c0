import { expect, test } from 'vitest';
import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import { openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const CHECKOUTS = promiseRuns(500, 150);
const DELIVERIES = 3;
/** Every n-th checkout gets all its deliveries concurrently, the others one after the other. */
const CONCURRENT_EVERY = 10;
const WORKERS = 2;

const namespace = testNamespace();

test(`${CHECKOUTS} checkouts delivered ${DELIVERIES} times each become ${CHECKOUTS} orders`, async () => {
  const store = await openTestStore(namespace);
  const [variant] = await givenVariants(store, [{ onHand: 10 * CHECKOUTS }]);
  const checkouts = await givenCheckouts(
    store,
    Array.from({ length: CHECKOUTS }, () => ({ lines: [toPricedLine(variant)] })),
  );
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  const queue = openCheckoutQueue(redis, namespace.keyPrefix);
  const jobAt = (index: number, wakeup: number) => {
    const { id: jobId, data } = toJob(checkouts[index]?._id ?? '', wakeup);
    return { name: SETTLE_CHECKOUTS.name, data, opts: { jobId } };
  };
  const indexes = Array.from({ length: CHECKOUTS }, (_, index) => index);
  const concurrent = indexes.filter((index) => index % CONCURRENT_EVERY === 0);
  const successive = indexes.filter((index) => index % CONCURRENT_EVERY !== 0);
  const deliveries = Array.from({ length: DELIVERIES }, (_, delivery) => delivery);
  await queue.bull.addBulk(concurrent.flatMap((index) => deliveries.map((n) => jobAt(index, n))));
  for (const delivery of deliveries) {
    await queue.bull.addBulk(successive.map((index) => jobAt(index, delivery)));
  }
  const env = await systemEnv(namespace);
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, () => startChild('worker/main.ts', env)),
  );
  try {
    await expect
      .poll(() => queue.bull.getJobCountByTypes('completed'), { timeout: 30_000 })
      .toBe(Math.min(CHECKOUTS * DELIVERIES, SETTLE_CHECKOUTS.keepCompletedMax));
    const unfinished = () => queue.bull.getJobCountByTypes('waiting', 'delayed', 'active');
    await expect.poll(unfinished, { timeout: 30_000 }).toBe(0);
    expect(await store.orders.countDocuments()).toBe(CHECKOUTS);
    await expectVerdictOk(store);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await queue.close();
    redis.disconnect();
  }
}, 120_000);
