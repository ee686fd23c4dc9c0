import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectFailingFast, connectPatiently, type RedisClient } from '../queue/connections.ts';
import { testNamespace } from '../testing/harness.ts';
import { ownRedis } from '../testing/own-redis.ts';
import { readyRedis } from '../testing/ready-redis.ts';
import { runConcurrently } from '../testing/run-concurrently.ts';
import { timed } from '../testing/timed.ts';
import { createLocks, LOCK_TTL_MS, LOCK_WAIT_MS_MAX, type Locks } from './product-locks.ts';

const CALL_TIMEOUT_MS = 200;
/** The time that a busy machine of two cores may add to a stated bound. */
const SLACK_MS = 800;

const { redisUrl, keyPrefix } = testNamespace();
const own = ownRedis();

/** A connection for the test's own reads and writes, whose commands have no time limit. */
let redis: RedisClient;
let lockRedis: RedisClient;
let locks: Locks;

beforeAll(async () => {
  redis = connectPatiently({ url: redisUrl, onError: () => undefined });
  lockRedis = await readyRedis(redisUrl);
  locks = createLocks(lockRedis, keyPrefix);
});
afterAll(() => {
  redis.disconnect();
  lockRedis.disconnect();
});

function keyOf(name: string): string {
  return `${keyPrefix}:{locks}:${name}`;
}

/** Holds the locks of the names until the returned function is called. */
async function hold(names: readonly string[]): Promise<() => Promise<void>> {
  const acquired = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const work = locks.holding(names, async () => {
    acquired.resolve();
    await released.promise;
  });
  await acquired.promise;
  return async () => {
    released.resolve();
    await work;
  };
}

test('every name is locked with a time to live while the work runs, and free afterwards', async () => {
  const names = ['a', 'b', 'a'];
  await locks.holding(names, async () => {
    for (const name of names) {
      const ttlMs = await redis.pttl(keyOf(name));
      expect(ttlMs).toBeGreaterThan(0);
      expect(ttlMs).toBeLessThanOrEqual(5_000);
    }
    expect(await redis.get(keyOf('a'))).toBe(await redis.get(keyOf('b')));
  });
  expect(await redis.exists(keyOf('a'), keyOf('b'))).toBe(0);
});

test('failed work releases its locks, and the caller gets the error or the result of its work', async () => {
  const failing = locks.holding(['failing'], async () => {
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(await redis.exists(keyOf('failing'))).toBe(0);
  expect(await locks.holding(['failing'], async () => 7)).toBe(7);
  expect(await locks.holding([], async () => 8)).toBe(8);
});

test('all locks are acquired, or none: while another holder has one of them, the others stay free', async () => {
  const release = await hold(['middle']);
  const waiting = locks.holding(['first', 'middle', 'last'], async () =>
    redis.exists(keyOf('first'), keyOf('middle'), keyOf('last')),
  );
  for (let look = 0; look < 20; look += 1) {
    expect(await redis.exists(keyOf('first'), keyOf('last'))).toBe(0);
  }
  await release();
  expect(await waiting).toBe(3);
});

test('a lock that another holder has taken is not released', async () => {
  await locks.holding(['lost', 'kept'], async () => {
    await redis.set(keyOf('lost'), 'another’s token', 'PX', LOCK_TTL_MS);
  });
  expect(await redis.get(keyOf('lost'))).toBe('another’s token');
  expect(await redis.exists(keyOf('kept'))).toBe(0);
});

test('if a lock is not free in time, the work runs without any lock', async () => {
  await redis.set(keyOf('stuck'), 'another’s token', 'PX', 60_000);
  const startedAt = performance.now();
  const { result: seen, ms } = await timed(() =>
    locks.holding(['stuck', 'free'], () => redis.exists(keyOf('free'))),
  );
  expect(seen).toBe(0);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(LOCK_WAIT_MS_MAX);
  expect(ms).toBeLessThan(LOCK_WAIT_MS_MAX + CALL_TIMEOUT_MS + SLACK_MS);
  expect(await redis.get(keyOf('stuck'))).toBe('another’s token');
});

test('a dead holder blocks others only until its lock expires', async () => {
  await redis.set(keyOf('dead'), 'a dead holder’s token', 'PX', 300);
  const token = await locks.holding(['dead'], () => redis.get(keyOf('dead')));
  expect(token).toMatch(/^[0-9a-f-]{36}$/);
});

/**
 * If a call of Redis takes too long, the work runs without locks, as it should. Tests of how
 * holders exclude each other therefore use bounds that even a very busy machine keeps.
 */
const PATIENT = { ttlMs: 60_000, waitMsMax: 60_000, callTimeoutMs: 30_000 };
const PATIENT_TEST = { timeout: 90_000 };

test('3,000 names are locked by one script call and released by one', PATIENT_TEST, async () => {
  // A separate server: on a shared server, another client's command can be reported before the
  // reply to MONITOR itself.
  const client = new Redis(own.url);
  onTestFinished(() => client.disconnect());
  const fresh = createLocks(client, keyPrefix, PATIENT);
  const prefix = `many-${Date.now()}`;
  const names = Array.from({ length: 3_000 }, (_, n) => `${prefix}-${n}`);
  // The first call loads the scripts into the server; later calls send only their hashes.
  await fresh.holding(['known'], async () => undefined);
  const calls: string[] = [];
  const watcher = new Redis(own.url);
  onTestFinished(() => watcher.disconnect());
  const monitor = await watcher.monitor();
  onTestFinished(() => monitor.disconnect());
  monitor.on('monitor', (_time: string, [command = '', ...rest]: string[], source: string) => {
    if (source !== 'lua' && rest.some((word) => word.includes(prefix))) {
      calls.push(command.toLowerCase());
    }
  });
  const held = await fresh.holding(names, () => client.exists(...names.map(keyOf)));
  expect(held).toBe(3_000);
  expect(await client.exists(...names.map(keyOf))).toBe(0);
  await expect.poll(() => calls.filter((call) => call === 'exists')).toHaveLength(2);
  expect(calls.filter((call) => call.startsWith('eval'))).toHaveLength(2);
});

test(
  'holders exclude each other: of 200 increments by a read and a write, none is lost',
  PATIENT_TEST,
  async () => {
    const fresh = createLocks(lockRedis, keyPrefix, PATIENT);
    await redis.del(keyOf('one'), keyOf('other'));
    let inside = 0;
    let insideMax = 0;
    await redis.set(keyOf('counter'), 0);
    // Few enough concurrent holders that each gets the lock before its wait is over.
    await runConcurrently(200, 6, (n) =>
      // Names in opposite orders would cause a deadlock if they were locked one by one.
      fresh.holding(n % 2 === 0 ? ['one', 'other'] : ['other', 'one'], async () => {
        inside += 1;
        insideMax = Math.max(insideMax, inside);
        const before = Number(await redis.get(keyOf('counter')));
        await redis.set(keyOf('counter'), before + 1);
        inside -= 1;
      }),
    );
    expect(insideMax).toBe(1);
    expect(await redis.get(keyOf('counter'))).toBe('200');
  },
);

test('a frozen Redis delays work by two timeouts at most, and not at all while the circuit breaker is open', async () => {
  const client = await readyRedis(own.url);
  onTestFinished(() => client.disconnect());
  const ownLocks = createLocks(client, keyPrefix);
  expect(await ownLocks.holding(['x'], async () => 'warm')).toBe('warm');
  own.freeze();
  onTestFinished(() => own.thaw());
  const waits = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const { ms } = await timed(() => ownLocks.holding([`x${n}`], async () => undefined));
      return ms;
    }),
  );
  expect(Math.max(...waits)).toBeLessThan(2 * CALL_TIMEOUT_MS + SLACK_MS);
  const { ms } = await timed(async () => {
    for (let n = 0; n < 50; n += 1) await ownLocks.holding([`y${n}`], async () => undefined);
  });
  expect(ms).toBeLessThan(SLACK_MS);
  own.thaw();
  const isLockedAgain = () =>
    ownLocks.holding(['z'], () => client.exists(keyOf('z')).catch(() => 0));
  await expect.poll(isLockedAgain, { timeout: 10_000 }).toBe(1);
});

test('if Redis cannot be reached, the work runs without delay', async () => {
  const client = connectFailingFast({ url: 'redis://127.0.0.1:1', onError: () => undefined });
  onTestFinished(() => client.disconnect());
  const { result, ms } = await timed(() =>
    createLocks(client, keyPrefix).holding(['x'], async () => 7),
  );
  expect(result).toBe(7);
  expect(ms).toBeLessThan(CALL_TIMEOUT_MS + SLACK_MS);
});
