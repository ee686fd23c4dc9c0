import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { testNamespace } from '../testing/harness.ts';
import { killServer, ownRedisCluster } from '../testing/own-cluster.ts';
import { ownRedis } from '../testing/own-redis.ts';
import { promiseRuns } from '../testing/promises.ts';
import { readyRedis } from '../testing/ready-redis.ts';
import { runConcurrently } from '../testing/run-concurrently.ts';
import { timed } from '../testing/timed.ts';
import { connectFailingFast, type RedisClient } from './connections.ts';
import { type NonceRegister, openNonceRegister } from './nonce-register.ts';

const WINDOW_MS = 600_000;
/** Two timeouts of a call, and the time that a busy machine of two cores may add. */
const ANSWER_MS_MAX = 400 + 800;
/** Half a second after a full second, so that a test fails if the epoch is rounded to seconds. */
const START_MS = 1_618_884_473_500;

const { redisUrl, keyPrefix } = testNamespace();
const own = ownRedis();
const cluster = ownRedisCluster();
/** The master that has the slot of `{nonces}`. */
const NONCES_MASTER = 1;

let redis: RedisClient;
beforeAll(async () => {
  redis = await readyRedis(redisUrl);
});
afterAll(() => redis.disconnect());

let registers = 0;
let nowMs = START_MS;

/** Returns a new register whose epoch began at `START_MS`; the test's clock is a minute later. */
async function givenRegister(client: RedisClient = redis): Promise<NonceRegister> {
  nowMs = START_MS;
  registers += 1;
  const register = openNonceRegister(client, `${keyPrefix}-${registers}`, () => nowMs);
  await expect.poll(() => client.exists(epochKey())).toBe(1);
  nowMs += 60_000;
  return register;
}

function epochKey(): string {
  return `${keyPrefix}-${registers}:{nonces}-epoch`;
}

async function givenOwnRegister(): Promise<{ client: RedisClient; register: NonceRegister }> {
  const client = await readyRedis(own.url);
  onTestFinished(() => client.disconnect());
  return { client, register: await givenRegister(client) };
}

const seconds = () => Math.floor(nowMs / 1_000);
const signed = (nonce: string, created = seconds()) => ({ keyId: 'key_1', nonce, created });

test('a nonce works once for each key, and is remembered longer than its signature is current', async () => {
  const register = await givenRegister();
  expect(await register.register(signed('first'))).toBe('new');
  expect(await register.register(signed('first'))).toBe('used');
  expect(await register.register(signed('first', seconds() + 300))).toBe('used');
  expect(await register.register({ ...signed('first'), keyId: 'key_2' })).toBe('new');
  const ttlMs = await redis.pttl(`${keyPrefix}-${registers}:{nonces}:key_1:first`);
  expect(ttlMs).toBeGreaterThan(WINDOW_MS);
});

test('exactly one of 100 parallel replays is accepted', async () => {
  const register = await givenRegister();
  const otherClient = await readyRedis(redisUrl);
  onTestFinished(() => otherClient.disconnect());
  const otherRegister = openNonceRegister(otherClient, `${keyPrefix}-${registers}`, () => nowMs);
  for (let round = 0; round < promiseRuns(50, 10); round += 1) {
    const replays = Array.from({ length: 100 }, (_, n) =>
      (n % 2 === 0 ? register : otherRegister).register(signed(`round-${round}`)),
    );
    const answers = await Promise.all(replays);
    expect(answers.filter((answer) => answer === 'new')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'used')).toHaveLength(99);
  }
});

test('concurrent nonces each get their own answer', async () => {
  const register = await givenRegister();
  const nonces = Array.from({ length: 1_000 }, (_, n) => `many-${n % 500}`);
  const answers = await runConcurrently(nonces.length, 600, (n) =>
    register.register(signed(nonces[n] ?? '')),
  );
  expect(answers.filter((answer) => answer === 'new')).toHaveLength(500);
  expect(answers.filter((answer) => answer === 'used')).toHaveLength(500);
});

test('a signature from the second in which the epoch began, or before, is refused', async () => {
  const register = await givenRegister();
  const epochS = Math.floor(START_MS / 1_000);
  expect(await register.register(signed('before', epochS - 1))).toBe('before_epoch');
  expect(await register.register(signed('same second', epochS))).toBe('before_epoch');
  expect(await register.register(signed('after', epochS + 1))).toBe('new');
});

test('signatures created before Redis was wiped are refused, used or not', async () => {
  const { client, register } = await givenOwnRegister();
  expect(await register.register(signed('used before'))).toBe('new');
  const wipedAtS = seconds();
  await client.flushall();
  expect(await register.register(signed('used before'))).toBe('before_epoch');
  expect(await register.register(signed('never used'))).toBe('before_epoch');
  nowMs += 300_000;
  expect(await register.register(signed('used before', wipedAtS))).toBe('before_epoch');
  expect(await register.register(signed('fresh'))).toBe('new');
  expect(await register.register(signed('fresh'))).toBe('used');
});

test('while Redis is frozen no nonce counts as new, and the answer comes in time', async () => {
  const { register } = await givenOwnRegister();
  own.freeze();
  try {
    const { result: answers, ms } = await timed(() =>
      runConcurrently(40, 20, (n) => register.register(signed(`frozen-${n}`))),
    );
    expect(new Set(answers)).toEqual(new Set(['unavailable']));
    expect(ms).toBeLessThan(ANSWER_MS_MAX);
  } finally {
    own.thaw();
  }
  let tries = 0;
  const answer = () => register.register(signed(`thawed-${tries++}`));
  await expect.poll(answer, { timeout: 5_000 }).toBe('new');
});

test('while Redis is down no nonce counts as new; after its restart, only nonces of later signatures do', async () => {
  const { register } = await givenOwnRegister();
  expect(await register.register(signed('before'))).toBe('new');
  const downAtS = seconds();
  await own.kill();
  expect(await register.register(signed('meanwhile'))).toBe('unavailable');
  nowMs += 5_000;
  await own.restart();
  let tries = 0;
  const unused = () => register.register(signed(`unused-${tries++}`, downAtS));
  await expect.poll(unused, { timeout: 15_000 }).toBe('before_epoch');
  nowMs += 5_000;
  expect(await register.register(signed('after'))).toBe('new');
});

test('when the master of a cluster restarts, the epoch begins before the next nonce', async () => {
  const client = await readyRedis(cluster.redis.url);
  onTestFinished(() => client.disconnect());
  await givenRegister(client);
  const epoch = await client.get(epochKey());
  await killServer(cluster.redis, NONCES_MASTER);
  await cluster.redis.restart(NONCES_MASTER);
  const readEpoch = () => client.get(epochKey()).catch(() => epoch);
  await expect.poll(readEpoch, { timeout: 15_000 }).not.toBe(epoch);
  expect(await client.get(epochKey())).toContain(` ${nowMs}`);
});

test('with a full Redis no nonce counts as new', async () => {
  const { client, register } = await givenOwnRegister();
  await client.config('SET', 'maxmemory', '1');
  try {
    expect(await register.register(signed('full'))).toBe('unavailable');
  } finally {
    await client.config('SET', 'maxmemory', '0');
  }
});

test('without a connection no nonce counts as new', async () => {
  const client = connectFailingFast({ url: 'redis://127.0.0.1:1', onError: () => undefined });
  onTestFinished(() => client.disconnect());
  const register = openNonceRegister(client, keyPrefix, () => nowMs);
  expect(await register.register(signed('nobody'))).toBe('unavailable');
});
