import type { z } from '@hono/zod-openapi';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectFailingFast } from '../../shared/queue/connections.ts';
import { startMongodb } from '../../shared/services/mongodb.ts';
import { newProcess, readWorkers, recordHeartbeat } from '../../shared/store/heartbeat.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { ownServer } from '../../shared/testing/own-server.ts';
import { timed } from '../../shared/testing/timed.ts';
import { callOps } from '../ops/testing/ops-calls.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import type { readiness } from './present-health.ts';

const WAIT = { timeout: 15_000 };
const ANSWER_MS_MAX = 1_000;
const STUCK_AFTER_MS = 10_000;
const SILENT_AFTER_MS = 8_000;

type Readiness = z.infer<typeof readiness>;

const namespace = testNamespace();
const redis = ownRedis();
const mongodb = ownServer(startMongodb);
let api: TestApi;
let heartbeatTimer: ReturnType<typeof setInterval> | undefined;
const worker = newProcess('worker');

/** The API has its own servers, and a worker that only writes heartbeats. */
beforeAll(async () => {
  api = await startTestApi({ ...namespace, mongodbUrl: mongodb().url, redisUrl: redis.url });
  resumeHeartbeats();
}, 60_000);
afterAll(async () => {
  clearInterval(heartbeatTimer);
  await api.close();
});

function resumeHeartbeats(report = {}): void {
  clearInterval(heartbeatTimer);
  heartbeatTimer = setInterval(() => {
    recordHeartbeat(api.context.store, worker, report).catch(() => undefined);
  }, 500);
}

async function readReadiness() {
  const { result: answer, ms } = await timed(() => fetch(`${api.url}/readyz`));
  const body = (await answer.json()) as Readiness;
  expect(ms).toBeLessThan(ANSWER_MS_MAX);
  const codes = body.problems.map(({ part, code }) => `${part} ${code}`);
  return { status: answer.status, state: body.status, codes, body };
}

async function metrics(): Promise<string> {
  return (await callOps(api.url, { method: 'GET', path: '/metrics' })).text;
}

const ready = { status: 200, state: 'ready', codes: [] };

test('the system is ready while everything works', async () => {
  await expect.poll(readReadiness, WAIT).toMatchObject(ready);
  const { body } = await readReadiness();
  expect(body).toMatchObject({
    mongodb: 'ok',
    redis: 'ok',
    checkouts: { waiting: 0, oldestSeconds: 0 },
    workers: { working: 1, known: 1, items: [{ id: worker.id, state: 'working' }] },
  });
  expect(JSON.stringify(body)).not.toContain(String(process.pid));
});

const REDIS_FAULTS = [
  { code: 'read_only', harm: ['replicaof', '127.0.0.1', '1'], repair: ['replicaof', 'no', 'one'] },
  {
    code: 'full',
    harm: ['config', 'set', 'maxmemory', '1'],
    repair: ['config', 'set', 'maxmemory', '0'],
  },
];

test.each(REDIS_FAULTS)(
  'a Redis that is $code makes the system degraded',
  async ({ code, harm, repair }) => {
    const admin = connectFailingFast({ url: redis.url, onError: () => undefined });
    onTestFinished(() => admin.disconnect());
    await expect.poll(() => admin.status).toBe('ready');
    await admin.call(...(harm as [string]));
    await expect
      .poll(readReadiness, WAIT)
      .toMatchObject({ status: 200, state: 'degraded', codes: [`redis ${code}`] });
    expect(await metrics()).toContain(`lastunit_problems{part="redis",code="${code}"} 1`);
    expect(await metrics()).toContain('lastunit_redis_up 0');
    await admin.call(...(repair as [string]));
    await expect.poll(readReadiness, WAIT).toMatchObject(ready);
  },
);

test('a frozen Redis makes the system degraded', async () => {
  redis.freeze();
  try {
    await expect
      .poll(readReadiness, WAIT)
      .toMatchObject({ status: 200, state: 'degraded', codes: ['redis unreachable'] });
  } finally {
    redis.thaw();
  }
  await expect.poll(readReadiness, WAIT).toMatchObject(ready);
});

test('a MongoDB that accepts no writes makes the system unavailable', async () => {
  const admin = await new MongoClient(mongodb().url).connect();
  onTestFinished(() => admin.close());
  await admin.db('admin').command({ fsync: 1, lock: true });
  try {
    await expect
      .poll(readReadiness, WAIT)
      .toMatchObject({ status: 503, state: 'unavailable', codes: ['mongodb slow'] });
    expect(await metrics()).toContain('lastunit_mongodb_up 0');
  } finally {
    await admin.db('admin').command({ fsyncUnlock: 1 });
  }
  await expect.poll(readReadiness, WAIT).toMatchObject(ready);
});

test('waiting checkouts are counted in MongoDB, and a worker that takes none of them for 10 s is stuck', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const request = { buyerId: 'buyer-1', lines: [{ variantId, quantity: 1 }] };
  for (const key of ['one', 'two']) {
    await api.shopA.post('/v1/checkouts', request, { 'idempotency-key': key });
  }
  // The count must not depend on Redis.
  await api.context.redis.flushall();
  const shown = async () => (await readReadiness()).body.checkouts;
  await expect.poll(shown, WAIT).toMatchObject({ waiting: 2 });
  await expect.poll(async () => (await shown())?.oldestSeconds, WAIT).toBeGreaterThan(0.5);
  expect(await metrics()).toMatch(/^lastunit_checkouts_queued 2$/m);
  expect(await metrics()).toMatch(/^lastunit_checkouts_oldest_seconds \d/m);
  // A worker that is alive and takes nothing for 10 s is reported. The test backdates the checkouts
  // and the worker’s start instead of waiting.
  const longAgo = new Date(Date.now() - STUCK_AFTER_MS);
  const { store } = api.context;
  await store.checkouts.updateMany({}, { $set: { acceptedAt: longAgo } });
  await store.processes.updateOne({ _id: worker.id }, { $set: { startedAt: longAgo } });
  const stuck = { status: 200, state: 'degraded', codes: ['workers none', 'workers stuck'] };
  await expect.poll(readReadiness, WAIT).toMatchObject(stuck);
  await store.checkouts.deleteMany({});
  await expect.poll(readReadiness, WAIT).toMatchObject(ready);
}, 40_000);

test('a worker that cannot work with Redis is reported until it recovers; then the time of its last batch is reported', async () => {
  resumeHeartbeats({ redisTrouble: 'read_only' });
  await expect
    .poll(readReadiness, WAIT)
    .toMatchObject({ state: 'degraded', codes: ['workers none', 'workers failing'] });
  resumeHeartbeats({ takenAgoMs: 1_000, committedAgoMs: 2_000 });
  await expect.poll(readReadiness, WAIT).toMatchObject(ready);
  const [record] = await readWorkers(api.context.store);
  expect(record?.committedAgoMs).toBeGreaterThanOrEqual(2_000);
  expect(await metrics()).toMatch(
    new RegExp(`^lastunit_worker_last_batch_seconds\\{worker="${worker.id}",host=`, 'm'),
  );
});

test('a worker without heartbeats is reported as silent', async () => {
  clearInterval(heartbeatTimer);
  const seenAt = new Date(Date.now() - SILENT_AFTER_MS);
  // A heartbeat may still be in progress.
  const backdate = () =>
    api.context.store.processes.updateOne({ _id: worker.id }, { $set: { seenAt } });
  await expect.poll(async () => (await backdate()).modifiedCount, WAIT).toBe(0);
  await expect
    .poll(readReadiness, WAIT)
    .toMatchObject({ state: 'degraded', codes: ['workers none', 'workers silent'] });
  expect((await readReadiness()).body.problems[1]?.worker).toBe(worker.id);
  expect(await metrics()).toContain('lastunit_workers{state="silent"} 1');
});
