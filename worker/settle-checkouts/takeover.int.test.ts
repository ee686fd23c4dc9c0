import { Worker } from 'bullmq';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import { openCheckoutQueue, queuePrefix } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { groupJob } from '../../shared/testing/settle-jobs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startSettling } from './start-settling.ts';

const STOCK = 3;
const BUYERS = 6;
const namespace = testNamespace();
const { keyPrefix } = namespace;
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});

function givenRedis() {
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Starts a worker that takes a job and then dies, so that its lock on the job lapses. */
async function takeAndDie(): Promise<void> {
  let hasTaken = false;
  const take = () => {
    hasTaken = true;
    return new Promise<never>(() => undefined);
  };
  const redis = givenRedis();
  const worker = new Worker(SETTLE_CHECKOUTS.queue, take, {
    connection: redis,
    prefix: queuePrefix(keyPrefix),
    concurrency: 1,
    lockDuration: 2_000,
    stalledInterval: 1_000,
  });
  worker.on('error', () => undefined);
  await expect.poll(() => hasTaken).toBe(true);
  // Nothing renews the lock any more.
  redis.disconnect();
  await worker.close(true).catch(() => undefined);
}

test('checkouts in a dead worker’s jobs are settled before later checkouts', async () => {
  const queue = openCheckoutQueue(givenRedis(), keyPrefix);
  onTestFinished(() => queue.close());
  const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
  const buyers = Array.from({ length: BUYERS }, () => ({ lines: [toPricedLine(variant)] }));
  const ids = (await givenCheckouts(store, buyers)).map(({ _id }) => _id);
  await queue.enqueue([groupJob(ids.slice(0, STOCK))]);
  await takeAndDie();
  await queue.enqueue([groupJob(ids.slice(STOCK))]);
  const settling = startSettling({
    ...{ ledger: givenLedger(store), queue, redis: givenRedis(), keyPrefix, batchMax: 2 },
    log: createLogger('worker', 'silent'),
  });
  onTestFinished(() => settling.close());
  const statuses = async () => {
    const records = await store.checkouts.find({}, { sort: { _id: 1 } }).toArray();
    return records.map(({ status }) => status);
  };
  await expect
    .poll(statuses)
    .toEqual([...Array(STOCK).fill('placed'), ...Array(BUYERS - STOCK).fill('rejected')]);
});
