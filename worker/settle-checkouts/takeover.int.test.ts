import { Worker } from 'bullmq';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import {
  type CheckoutQueue,
  openCheckoutQueue,
  queuePrefix,
} from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import type { Store } from '../../shared/store/store.ts';
import { writable } from '../../shared/store/writable.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { groupJob, toJob } from '../../shared/testing/settle-jobs.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { openPartition } from './processor.ts';
import { startSettling } from './start-settling.ts';

const STOCK = 3;
const BUYERS = 6;
/** Longer than closing waits for fetches and for reports to Redis. */
const HELD_MS = 2_500;
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

/** Starts a worker that takes `count` jobs and then dies, so that its locks on the jobs lapse. */
async function takeAndDie(count: number): Promise<void> {
  let taken = 0;
  const take = () => {
    taken += 1;
    return new Promise<never>(() => undefined);
  };
  const redis = givenRedis();
  const worker = new Worker(SETTLE_CHECKOUTS.queue, take, {
    connection: redis,
    prefix: queuePrefix(keyPrefix),
    concurrency: count,
    lockDuration: 2_000,
    stalledInterval: 1_000,
  });
  worker.on('error', () => undefined);
  await expect.poll(() => taken).toBe(count);
  // Nothing renews the lock any more.
  redis.disconnect();
  await worker.close(true).catch(() => undefined);
}

async function givenQueue() {
  await clearStore(store);
  const queue = openCheckoutQueue(givenRedis(), keyPrefix);
  onTestFinished(() => queue.close());
  await queue.bull.obliterate({ force: true });
  return queue;
}

/** Stores checkouts of one unit each, with `stock` units for them; returns their ids in order. */
async function givenBuyers(count: number, stock: number): Promise<string[]> {
  const [variant] = await givenVariants(store, [{ onHand: stock }]);
  const buyers = Array.from({ length: count }, () => ({ lines: [toPricedLine(variant)] }));
  return (await givenCheckouts(store, buyers)).map(({ _id }) => _id);
}

function startSettler(queue: CheckoutQueue, batchMax: number): ReturnType<typeof startSettling> {
  const settling = startSettling({
    ...{ ledger: givenLedger(store), queue, redis: givenRedis(), keyPrefix, batchMax },
    log: createLogger('worker', 'silent'),
  });
  onTestFinished(() => settling.close());
  return settling;
}

async function statuses() {
  const records = await store.checkouts.find({}, { sort: { _id: 1 } }).toArray();
  return records.map(({ status }) => status);
}

test('checkouts in a dead worker’s jobs are settled before later checkouts', async () => {
  const queue = await givenQueue();
  const ids = await givenBuyers(BUYERS, STOCK);
  await queue.enqueue([groupJob(ids.slice(0, STOCK))]);
  await takeAndDie(1);
  await queue.enqueue([groupJob(ids.slice(STOCK))]);
  startSettler(queue, 2);
  await expect
    .poll(statuses)
    .toEqual([...Array(STOCK).fill('placed'), ...Array(BUYERS - STOCK).fill('rejected')]);
});

test('a worker that already holds as many later jobs as it may first takes those of the dead worker', async () => {
  const batchMax = 2;
  const held = 2 * batchMax;
  const queue = await givenQueue();
  const ids = await givenBuyers(4 * held, held);
  await queue.enqueue(ids.slice(0, held).map((id) => toJob(id)));
  await takeAndDie(held);
  await queue.enqueue(ids.slice(held).map((id) => toJob(id)));
  startSettler(queue, batchMax);
  await expect
    .poll(statuses)
    .toEqual([...Array(held).fill('placed'), ...Array(3 * held).fill('rejected')]);
});

test('a worker that closes keeps its leases until its last batch has committed', async () => {
  const queue = await givenQueue();
  const ids = await givenBuyers(1, 1);
  const { orders } = writable(store);
  const insertMany = orders.insertMany.bind(orders);
  const inserting = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  const held = vi.spyOn(orders, 'insertMany').mockImplementationOnce(async (...args) => {
    inserting.resolve();
    await mayGoOn.promise;
    return insertMany(...args);
  });
  onTestFinished(() => {
    mayGoOn.resolve();
    held.mockRestore();
  });
  const settling = startSettler(queue, 2);
  await queue.enqueue(ids.map((id) => toJob(id)));
  await inserting.promise;
  const closing = settling.close().then(() => 'closed');
  const first = await Promise.race([closing, pause(HELD_MS).then(() => 'still settling')]);
  expect(first).toBe('still settling');
  mayGoOn.resolve();
  await closing;
  expect(await statuses()).toEqual(['placed']);
});

test('a worker that loses the partition during a takeover gives its jobs back', async () => {
  const queue = await givenQueue();
  const ids = await givenBuyers(2, 2);
  const jobs = ids.map((id) => toJob(id));
  const [older, later] = jobs.map(({ id }) => id);
  await queue.enqueue(jobs.slice(0, 1));
  await takeAndDie(1);
  await queue.enqueue(jobs.slice(1));
  const options = {
    ...{ ledger: givenLedger(store), queue, redis: givenRedis(), keyPrefix, batchMax: 2 },
    log: createLogger('worker', 'silent'),
  };
  const settler = openPartition(options, 0);
  onTestFinished(() => settler.close());
  settler.activate();
  await expect.poll(() => queue.activeJobIds(0)).toEqual(expect.arrayContaining([older, later]));
  settler.deactivate();
  await expect.poll(() => queue.activeJobIds(0)).not.toContain(later);
  expect(await queue.bull.getJobState(later ?? '')).toBe('waiting');
  expect(await statuses()).toEqual(['queued', 'queued']);
});
