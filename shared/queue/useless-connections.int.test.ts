import { Worker } from 'bullmq';
import { expect, onTestFinished, test } from 'vitest';
import type { DomainEvent } from '../contract/events.ts';
import { createLocks } from '../locks/product-locks.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { redisPair } from '../testing/redis-pair.ts';
import { toJob } from '../testing/settle-jobs.ts';
import { openCheckoutQueue } from './checkout-queue.ts';
import { connectFailingFast, connectPatiently, type RedisClient } from './connections.ts';
import { publishEvents, subscribeEvents } from './event-bus.ts';
import { openNonceRegister } from './nonce-register.ts';
import { probeRedis } from './probe-redis.ts';

const WAIT = { timeout: 20_000 };
/** A patient client notices after 12 s that its connection is dead. */
const HANGS_AFTER_MS = 16_000;
/** Any event. */
const EVENT: DomainEvent = {
  id: 'evt_1',
  type: 'order.shipped',
  at: new Date('2030-01-01T00:00:00Z'),
  subjectId: 'ord_1',
  seq: 1,
  shopIds: ['shp_1'],
  data: {},
};
const PREFIX = 'useless';
const pair = redisPair();

type Connect = typeof connectPatiently;

async function connected(connect: Connect): Promise<RedisClient> {
  const redis = connect({ url: pair.url, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await expect.poll(() => redis.status, WAIT).toBe('ready');
  return redis;
}

/**
 * Connects as the parts of the system do, and returns a call to Redis of each part, by its name.
 */
async function givenUses() {
  const redis = await connected(connectFailingFast);
  const consumer = await connected(connectPatiently);
  const queue = openCheckoutQueue(redis, PREFIX);
  onTestFinished(() => queue.close().catch(() => undefined));
  const register = openNonceRegister(await connected(connectFailingFast), PREFIX, Date.now);
  const lockClient = await connected(connectFailingFast);
  const locks = createLocks(lockClient, PREFIX);
  let n = 0;
  const next = () => `${Date.now()}-${n++}`;
  return {
    queue: () => queue.enqueue([toJob(`chk_${next()}`)]),
    nonces: async () => {
      const created = Math.floor(Date.now() / 1_000) + 60;
      const answer = await register.register({ keyId: 'key_1', nonce: next(), created });
      if (answer !== 'new') throw new Error(answer);
    },
    locks: () =>
      locks.holding(['one'], async () => {
        if ((await pair.primary.exists(`${PREFIX}:{locks}:one`)) === 0) throw new Error('no lock');
      }),
    'a fail-fast write': () => redis.set(`${PREFIX}:key`, next()),
    'a patient write': () => consumer.set(`${PREFIX}:key`, next()),
    'a blocking read': () => consumer.bzpopmin(`${PREFIX}:marker`, 0.01),
    'a script': () => consumer.eval(`return redis.call('SET', KEYS[1], '1')`, 1, `${PREFIX}:key`),
  };
}

async function expectAllToWork(uses: Awaited<ReturnType<typeof givenUses>>): Promise<void> {
  const working = Object.entries(uses).map(([name, use]) => {
    const works = () => withDeadline(name, HANGS_AFTER_MS, use()).then(() => 'works', String);
    return expect.poll(works, { ...WAIT, message: name }).toBe('works');
  });
  await Promise.all(working);
}

test('clients leave a demoted server although their connections stay open', async () => {
  const uses = await givenUses();
  await expectAllToWork(uses);
  await pair.failOver();
  await expectAllToWork(uses);
}, 60_000);

test('clients close connections that stay open without data', async () => {
  const uses = await givenUses();
  await expectAllToWork(uses);
  pair.proxy.stall();
  await expectAllToWork(uses);
}, 60_000);

test('a patient client waits longer for a reply than the longest blocking read of BullMQ', async () => {
  const connection = await connected(connectPatiently);
  const worker = new Worker('any', undefined, { connection, prefix: PREFIX });
  onTestFinished(() => worker.close());
  // Protected in its type only.
  const readMs = 1_000 * Reflect.get(worker, 'maximumBlockTimeout');
  expect(Reflect.get(connection.options, 'socketTimeout')).toBeGreaterThan(readMs + 1_000);
});

test('a client that connects to a silent server connects again once that server answers', async () => {
  pair.proxy.stall({ alsoNew: true });
  const redis = connectPatiently({ url: pair.url, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await expect.poll(() => redis.status, WAIT).toBe('connect');
  pair.proxy.heal();
  await expect.poll(() => redis.status, WAIT).toBe('ready');
}, 30_000);

test.each([
  { fault: 'stalled', harm: async () => pair.proxy.stall() },
  {
    fault: 'still connected to a demoted server that does not know the new primary',
    harm: async () => {
      const demoted = pair.primary;
      await pair.failOver();
      await demoted.replicaof('NO', 'ONE');
    },
  },
])(
  'a subscriber that is $fault subscribes again',
  async ({ harm }) => {
    const publisher = await connected(connectFailingFast);
    const listener = await connected(connectPatiently);
    const received: unknown[] = [];
    const onEvents = (events: readonly unknown[]) => received.push(...events);
    const subscription = subscribeEvents(listener, PREFIX, onEvents, { publisher, everyMs: 200 });
    onTestFinished(() => subscription.close());
    const expectReceived = async () => {
      const before = received.length;
      await publishEvents(pair.primary, PREFIX, [EVENT]);
      await expect.poll(() => received.length, { timeout: 300 }).toBeGreaterThan(before);
    };
    await expect
      .poll(
        () =>
          expectReceived().then(
            () => true,
            () => false,
          ),
        WAIT,
      )
      .toBe(true);
    await harm();
    // The publisher is connected to the wrong server as well. In a real process it also writes, and
    // the first write that is refused or gets no answer makes it reconnect; here the test
    // reconnects it.
    publisher.disconnect(true);
    await expect
      .poll(
        () =>
          expectReceived().then(
            () => true,
            () => false,
          ),
        WAIT,
      )
      .toBe(true);
  },
  40_000,
);

test('a probe returns why Redis does not accept writes', async () => {
  const redis = await connected(connectFailingFast);
  expect(await probeRedis(redis, PREFIX)).toBeUndefined();
  await pair.primary.config('SET', 'maxmemory', '1');
  expect(await probeRedis(redis, PREFIX)).toBe('full');
  await pair.primary.config('SET', 'maxmemory', '0');
  await pair.primary.config('SET', 'min-replicas-to-write', '2');
  expect(await probeRedis(redis, PREFIX)).toBe('read_only');
  await pair.primary.config('SET', 'min-replicas-to-write', '0');
  await expect.poll(() => probeRedis(redis, PREFIX), WAIT).toBeUndefined();
  redis.disconnect();
  expect(await probeRedis(redis, PREFIX)).toBe('unreachable');
});
