import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { withDeadline } from '../runtime/deadline.ts';
import { killServer, ownRedisCluster } from '../testing/own-cluster.ts';
import { connectFailingFast, connectPatiently, type RedisClient } from './connections.ts';

const WAIT = { timeout: 20_000 };
const ANSWER_MS_MAX = 5_000;
/** A key whose slot the first of the three masters has at first, and the slots of this master. */
const KEY = '{bar}';
const SLOT = 5_061;
const FIRST_SLOTS = Array.from({ length: 5_461 }, (_, slot) => slot);
/** A key of the second master. */
const OTHER_KEY = '{abc}';
const ALL = [0, 1, 2];
/** Attempts to connect that are timed, and those among them that are not the subscriber's. */
const ATTEMPTS = 12;
const OTHER_ATTEMPTS_MAX = 5;

const cluster = ownRedisCluster();

async function connected(connect = connectPatiently): Promise<RedisClient> {
  const redis = connect({ url: cluster.redis.url, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await expect.poll(() => redis.status, WAIT).toBe('ready');
  return redis;
}

/** Calls `work` with a client of one master. */
async function onMaster<T>(index: number, work: (master: Redis) => Promise<T>): Promise<T> {
  const master = new Redis(cluster.redis.members[index]?.port ?? 0, '127.0.0.1');
  try {
    return await work(master);
  } finally {
    master.disconnect();
  }
}

const toId = (index: number) =>
  onMaster(index, async (master) => String(await master.cluster('MYID')));

/** Marks a slot of the first master as moving to the second, so that commands get `-ASK`. */
async function moveSlot(): Promise<void> {
  const [first, second] = await Promise.all([toId(0), toId(1)]);
  await onMaster(1, (master) => master.cluster('SETSLOT', SLOT, 'IMPORTING', first));
  await onMaster(0, (master) => master.cluster('SETSLOT', SLOT, 'MIGRATING', second));
  onTestFinished(async () => {
    for (const index of [0, 1])
      await onMaster(index, (master) => master.cluster('SETSLOT', SLOT, 'STABLE'));
  });
}

/** Stops a master with its sockets open until the test is over. */
function freeze(index: number): void {
  const { pid = 0 } = cluster.redis.members[index] ?? {};
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(pid, 'SIGCONT'));
}

/** Collects the rejections that nobody handles during the test. */
function collectUnhandled(): unknown[] {
  const unhandled: unknown[] = [];
  const collect = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', collect);
  onTestFinished(() => void process.off('unhandledRejection', collect));
  return unhandled;
}

/** Returns the times of the connections that this process opens from now on. */
function timeConnections(): number[] {
  const times: number[] = [];
  const note = () => void times.push(performance.now());
  subscribe('net.client.socket', note);
  onTestFinished(() => void unsubscribe('net.client.socket', note));
  return times;
}

test('a command follows a slot that is moved; a node that does not answer ASKING fails it and nothing else', async () => {
  const redis = await connected(connectFailingFast);
  await Promise.all([redis.set(KEY, '1'), redis.set(OTHER_KEY, '1')]);
  await moveSlot();
  const unhandled = collectUnhandled();
  expect(await redis.set(`${KEY}:moved`, '1')).toBe('OK');
  freeze(1);
  await expect(redis.set(`${KEY}:absent`, '1')).rejects.toThrow();
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

test('a patient client finds a master that restarts at its address', async () => {
  const redis = await connected();
  await redis.set(KEY, '1');
  await killServer(cluster.redis, 0);
  const waiting = redis.set(KEY, '2');
  // The command fails or is answered, depending on how long the restart takes.
  waiting.catch(() => undefined);
  await cluster.redis.restart(0);
  await expect.poll(() => redis.set(KEY, '3').catch(String), WAIT).toBe('OK');
});

test('while all masters are down, a subscriber connects every 100 ms, and then receives', async () => {
  const listener = await connected();
  const received: string[] = [];
  listener.on('message', (_channel, message) => received.push(message));
  await listener.subscribe('channel');
  const connectedAt = timeConnections();
  await Promise.all(ALL.map((index) => killServer(cluster.redis, index)));
  await expect.poll(() => connectedAt.length, WAIT).toBeGreaterThan(ATTEMPTS);
  const [firstAt = 0] = connectedAt;
  const lastAt = connectedAt[ATTEMPTS] ?? 0;
  await Promise.all(ALL.map((index) => cluster.redis.restart(index)));
  expect(lastAt - firstAt).toBeGreaterThan((ATTEMPTS - OTHER_ATTEMPTS_MAX) * 100);
  const publisher = await connected(connectFailingFast);
  const publish = async () => {
    await publisher.publish('channel', 'again').catch(() => 0);
    return received;
  };
  await expect.poll(publish, WAIT).toContain('again');
});

test('commands of a patient client reach the master that takes over the slots of another', async () => {
  const redis = await connected();
  await redis.set(KEY, '1');
  await killServer(cluster.redis, 0);
  const waiting = redis.set(KEY, '2');
  waiting.catch(() => undefined);
  await onMaster(1, async (master) => {
    await master.cluster('DELSLOTS', ...FIRST_SLOTS);
    await master.cluster('ADDSLOTS', ...FIRST_SLOTS);
  });
  const set = () => withDeadline('a write', ANSWER_MS_MAX, redis.set(KEY, '3')).catch(String);
  await expect.poll(set, WAIT).toBe('OK');
});
