import { expect, onTestFinished, test } from 'vitest';
import { givenCheckouts, givenVariants, toPricedLine } from '../shared/testing/builders.ts';
import { testNamespace } from '../shared/testing/harness.ts';
import { killServer, ownRedisCluster } from '../shared/testing/own-cluster.ts';
import { toJob } from '../shared/testing/settle-jobs.ts';
import { startWorker } from './context.ts';

const WAIT = { timeout: 20_000 };
const namespace = testNamespace();
const cluster = ownRedisCluster();

test('a worker starts while one master is down, and settles the partitions of the others', async () => {
  // The first master has the locks, and the third has the queue of the only partition.
  await killServer(cluster.redis, 0);
  const worker = await startWorker({
    ...namespace,
    redisUrl: cluster.redis.url,
    logLevel: 'silent',
    batchMax: 16,
    reservationTtlMs: 900_000,
  });
  onTestFinished(() => worker.close());
  const { store, queue } = worker;
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const [checkout] = await givenCheckouts(store, [{ lines: [toPricedLine(variant)] }]);
  const { _id = '' } = checkout ?? {};
  const enqueue = () => queue.enqueue([toJob(_id)]).then(() => 'enqueued', String);
  await expect.poll(enqueue, WAIT).toBe('enqueued');
  const readStatus = async () => (await store.checkouts.findOne({ _id }))?.status;
  await expect.poll(readStatus, WAIT).toBe('placed');
}, 60_000);
