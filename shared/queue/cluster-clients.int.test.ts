import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { withDeadline } from '../runtime/deadline.ts';
import { killServer, ownRedisCluster } from '../testing/own-cluster.ts';
import { connectPatiently, type RedisClient } from './connections.ts';

const WAIT = { timeout: 20_000 };
const ANSWER_MS_MAX = 5_000;
/** A key whose slot the first of the three masters has at first, and the slots of this master. */
const KEY = '{bar}';
const FIRST_SLOTS = Array.from({ length: 5_461 }, (_, slot) => slot);

const cluster = ownRedisCluster();

async function connected(): Promise<RedisClient> {
  const redis = connectPatiently({ url: cluster.redis.url, onError: () => undefined });
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
