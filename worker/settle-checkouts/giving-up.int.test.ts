import { expect, onTestFinished, test } from 'vitest';
import { settleJobId } from '../../shared/contract/jobs.ts';
import { openCheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { connectPatiently, type RedisClient } from '../../shared/queue/connections.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import {
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { openPartition } from './processor.ts';

const WAIT = { timeout: 15_000 };
/** Longer than a worker still settles the jobs that it takes. */
const GIVEN_UP_MS = 600;
const namespace = testNamespace();
const { keyPrefix } = namespace;

function givenRedis(): RedisClient {
  const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  return redis;
}

test('a job that a worker takes after it gave its partition up is left to the next worker', async () => {
  const store = await openTestStore(namespace);
  const redis = givenRedis();
  const queue = openCheckoutQueue(redis, keyPrefix);
  onTestFinished(() => queue.close());
  const open = () => {
    const options = { ledger: givenLedger(store), queue, redis, keyPrefix, batchMax: 2 };
    const settler = openPartition({ ...options, log: createLogger('worker', 'silent') }, 0);
    onTestFinished(() => settler.close());
    return settler;
  };
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(variant)] }]);
  const { _id = '' } = checkout ?? {};
  const first = open();
  first.activate();
  const findCommands = async () => (await queue.bull.getWorkers()).map(({ cmd }) => cmd);
  await expect.poll(findCommands, WAIT).toEqual(['bzpopmin']);
  first.deactivate();
  await pause(GIVEN_UP_MS);
  await queue.enqueue([toJob(_id)]);
  const readJob = async () => {
    const job = await queue.bull.getJob(settleJobId(_id, 0));
    return { started: job?.attemptsStarted, state: await job?.getState() };
  };
  await expect.poll(readJob, WAIT).toEqual({ started: 1, state: 'waiting' });
  expect(await store.checkouts.findOne({ _id })).toMatchObject({ status: 'queued' });
  open().activate();
  await expect.poll(readJob, WAIT).toEqual({ started: 2, state: 'completed' });
  expect(await queue.bull.getJob(settleJobId(_id, 0))).toMatchObject({ attemptsMade: 1 });
});
