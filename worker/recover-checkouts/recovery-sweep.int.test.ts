import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { SETTLE_CHECKOUTS, settleJobId } from '../../shared/contract/jobs.ts';
import {
  type CheckoutQueue,
  openCheckoutQueue,
  queuePrefix,
} from '../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { DeadlineError } from '../../shared/runtime/deadline.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { readyRedis } from '../../shared/testing/ready-redis.ts';
import { groupJob, toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { QUEUED_AGE_MS_MAX, recoverCheckouts } from './recovery-sweep.ts';

type Jobs = Parameters<CheckoutQueue['enqueue']>[0];

const WAIT = { timeout: 10_000 };
const SWEEPS_MAX = 10;

const namespace = testNamespace();
const ownServer = ownRedis();
const clock = manualClock();
/** The latest moment of acceptance that counts as long ago. */
const LONG_AGO = new Date(clock.now().getTime() - QUEUED_AGE_MS_MAX - 1);

let store: Store;
let queue: CheckoutQueue;
let variant: GivenVariant;

beforeAll(async () => {
  store = await openTestStore(namespace);
  queue = await openQueue(namespace.redisUrl);
  [variant] = await givenVariants(store, [{ onHand: 10 }]);
});
beforeEach(async () => {
  await store.checkouts.deleteMany({});
  await queue.bull.obliterate({ force: true });
});
afterAll(() => queue.close());

async function openQueue(url: string): Promise<CheckoutQueue> {
  const redis = await readyRedis(url);
  // Obliterating and counting take longer than the timeout of a command.
  if (redis instanceof Redis) redis.options.commandTimeout = 5_000;
  return openCheckoutQueue(redis, namespace.keyPrefix);
}

async function givenQueued(count: number, receivedAt = LONG_AGO): Promise<string[]> {
  const specs = Array.from({ length: count }, () => ({
    lines: [toPricedLine(variant)],
    receivedAt,
  }));
  return (await givenCheckouts(store, specs)).map((checkout) => checkout._id);
}

/** Runs a sweep. Repeats a sweep that a busy machine made too slow, as the worker does. */
async function sweep(
  checkoutQueue = queue,
  signal = new AbortController().signal,
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await recoverCheckouts({ store, queue: checkoutQueue, clock }, signal);
    } catch (error) {
      if (!(error instanceof DeadlineError) || tries === SWEEPS_MAX) throw error;
    }
  }
}

async function jobIds(): Promise<string[]> {
  const jobs = await queue.bull.getJobs(['waiting', 'active', 'delayed', 'completed', 'failed']);
  return jobs.map((job) => job.id ?? '').sort();
}

async function checkoutsInJobs(): Promise<string[]> {
  const jobs = await queue.bull.getJobs(['waiting', 'active', 'delayed']);
  return jobs.flatMap(({ data }) => data.checkouts.map(({ checkoutId }) => checkoutId));
}

/** Starts a worker that runs `work` for every job until the test is over. */
function startWorker(work: () => Promise<unknown>): void {
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  const worker = new Worker(SETTLE_CHECKOUTS.queue, work, {
    connection: redis,
    prefix: queuePrefix(namespace.keyPrefix),
  });
  worker.on('error', () => undefined);
  onTestFinished(async () => {
    await worker.close(true);
    redis.disconnect();
  });
}

/** Adds a checkout's job, with one attempt by default, and waits until it is in `state`. */
async function givenJob(checkoutId: string, wakeup: number, state: string, attempts = 1) {
  const { id: jobId, data } = toJob(checkoutId, wakeup);
  await queue.bull.add(SETTLE_CHECKOUTS.name, data, { jobId, attempts });
  await expect.poll(() => queue.bull.getJobState(jobId)).toBe(state);
}

test('a checkout that is queued for long without a job gets a job; a recent or settled checkout does not', async () => {
  const [lost = ''] = await givenQueued(1);
  await givenQueued(1, new Date(LONG_AGO.getTime() + 1));
  const [settled = ''] = await givenQueued(1);
  await store.checkouts.updateOne({ _id: settled }, { $set: { status: 'rejected' } });
  expect(await sweep()).toBe(1);
  expect(await jobIds()).toEqual([`${lost}.1`]);
  expect(await queue.bull.getJob(`${lost}.1`)).toMatchObject({
    name: 'settle-checkouts',
    data: {
      checkouts: [{ checkoutId: lost, productId: variant.productId, lines: 1 }],
      isRecovery: true,
    },
  });
  expect(await store.checkouts.findOne({ _id: lost })).toMatchObject({
    jobId: `${lost}.1`,
    earlierJobIds: [`${lost}.0`],
    wakeups: 1,
  });
});

test.each([
  ['completed', async () => 'done'],
  ['failed', () => Promise.reject(new Error('broken'))],
])('each sweep adds a job with the next number, even if a %s job is kept', async (state, work) => {
  const [checkoutId = ''] = await givenQueued(1);
  startWorker(work);
  await givenJob(checkoutId, 0, state);
  for (const wakeup of [1, 2]) {
    expect(await sweep()).toBe(1);
    const id = settleJobId(checkoutId, wakeup);
    await expect.poll(() => queue.bull.getJob(id)).toBeDefined();
    await queue.bull.getJob(id).then((job) => job?.remove().catch(() => undefined));
  }
});

test('while a checkout’s job waits, no other job is added', async () => {
  const [checkoutId = ''] = await givenQueued(1);
  await givenJob(checkoutId, 0, 'waiting');
  expect(await sweep()).toBe(0);
  expect(await jobIds()).toEqual([`${checkoutId}.0`]);
});

test('while a checkout’s job runs, no other job is added', async () => {
  const [checkoutId = ''] = await givenQueued(1);
  startWorker(() => new Promise(() => undefined));
  await givenJob(checkoutId, 0, 'active');
  expect(await sweep()).toBe(0);
  expect(await store.checkouts.findOne({ _id: checkoutId })).toMatchObject({ wakeups: 0 });
});

test('while a checkout’s job waits for a retry, no other job is added', async () => {
  const [checkoutId = ''] = await givenQueued(1);
  startWorker(() => Promise.reject(new Error('broken')));
  await givenJob(checkoutId, 0, 'delayed', 2);
  expect(await sweep()).toBe(0);
});

test('if several sweeps run concurrently, only one of them records each checkout’s job', async () => {
  const ids = await givenQueued(40);
  const added = await Promise.all(Array.from({ length: 5 }, () => sweep()));
  expect(added.reduce((sum, count) => sum + count)).toBe(ids.length);
  expect(new Set(await checkoutsInJobs())).toEqual(new Set(ids));
  expect(await store.checkouts.countDocuments({ wakeups: 1 })).toBe(ids.length);
  expect(await sweep()).toBe(0);
});

test('checkouts that are found together share jobs, in their order', async () => {
  const ids = await givenQueued(SETTLE_CHECKOUTS.checkoutsMax + 1);
  expect(await sweep()).toBe(ids.length);
  expect(await jobIds()).toEqual([`${ids[0]}.1`, `${ids.at(-1)}.1`].sort());
  const job = await queue.bull.getJob(`${ids[0]}.1`);
  expect(job?.data.checkouts.map(({ checkoutId }) => checkoutId)).toEqual(ids.slice(0, -1));
});

test('of the checkouts that shared a job, those that are still queued get another job', async () => {
  const ids = await givenQueued(3);
  const [settled = '', ...others] = ids;
  await store.checkouts.updateMany({ _id: { $in: ids } }, { $set: { jobId: `${settled}.0` } });
  await store.checkouts.updateOne({ _id: settled }, { $set: { status: 'placed' } });
  await queue.enqueue([groupJob(ids)]);
  expect(await sweep()).toBe(0);
  await queue.bull.obliterate({ force: true });
  expect(await sweep()).toBe(2);
  expect((await checkoutsInJobs()).sort()).toEqual([...others].sort());
});

test('pages skip and repeat no checkout, even if many were accepted at once', async () => {
  const earlier = await givenQueued(3, new Date(LONG_AGO.getTime() - 10));
  const together = await givenQueued(1_100);
  // A repeated sweep does not count the checkouts of its first try again, so the stored checkouts
  // are counted.
  const enqueued = async () => {
    await sweep().catch(() => 0);
    return store.checkouts.countDocuments({ wakeups: 1 });
  };
  await expect.poll(enqueued, WAIT).toBe(earlier.length + together.length);
  expect((await checkoutsInJobs()).sort()).toEqual([...earlier, ...together].sort());
  expect(await sweep()).toBe(0);
});

test('an aborted sweep adds no job', async () => {
  await givenQueued(1);
  expect(await sweep(queue, AbortSignal.abort())).toBe(0);
  expect(await jobIds()).toEqual([]);
});

test.each([
  ['did not add the job', async () => undefined],
  ['added the job but its answer got lost', (jobs: Jobs) => queue.enqueue(jobs)],
])('if Redis %s, the next sweep adds the job, and only once', async (_, tryEnqueue) => {
  const [checkoutId = ''] = await givenQueued(1);
  const enqueue = async (jobs: Jobs) => {
    await tryEnqueue(jobs);
    throw new Error('no answer');
  };
  await expect(sweep({ ...queue, enqueue })).rejects.toThrow('no answer');
  expect(await sweep()).toBe(1);
  expect(await sweep()).toBe(0);
  expect(await checkoutsInJobs()).toEqual([checkoutId]);
});

test('while Redis is down every checkout stays queued, and afterwards all get a job', async () => {
  const unreliable = await openQueue(ownServer.url);
  onTestFinished(() => unreliable.close().catch(() => undefined));
  const ids = await givenQueued(20);
  await ownServer.kill();
  await expect(sweep(unreliable)).rejects.toThrow();
  expect(await store.checkouts.countDocuments({ status: 'queued' })).toBe(ids.length);
  await ownServer.restart();
  await expect.poll(() => sweep(unreliable).catch(() => 0), WAIT).toBe(ids.length);
  expect(await unreliable.depth()).toBe(1);
});
