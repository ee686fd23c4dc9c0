import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from '../queue/connections.ts';
import { pause, withDeadline } from '../runtime/deadline.ts';

/**
 * Locks on products and discounts keep writers of the same product or discount from conflicting in
 * the database. They save retries and are not the guarantee: if a lock is not free in time, or
 * Redis does not answer, the work runs without any lock, and conditional writes still prevent wrong
 * results.
 */
export interface Locks {
  /**
   * Runs `work` while it holds the locks of all `names`. If they are not all free in time, or Redis
   * does not answer, `work` runs without any of them. Returns the result of `work`.
   */
  holding<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
}

/**
 * A lock expires after this long, so that a holder that has died does not block others for longer.
 */
export const LOCK_TTL_MS = 5_000;
/** After waiting this long for its locks, the work runs without them. */
export const LOCK_WAIT_MS_MAX = 2_000;
const CALL_TIMEOUT_MS = 200;

/**
 * How long a lock lasts, how long to wait until it is free, and how long one call of Redis may
 * take.
 */
interface LockBounds {
  readonly ttlMs: number;
  readonly waitMsMax: number;
  readonly callTimeoutMs: number;
}

const BOUNDS: LockBounds = {
  ttlMs: LOCK_TTL_MS,
  waitMsMax: LOCK_WAIT_MS_MAX,
  callTimeoutMs: CALL_TIMEOUT_MS,
};
const POLL_MS_MIN = 2;
const POLL_MS_MAX = 12;
/** After this many failed calls in a row the circuit breaker opens: an outage costs few waits. */
const FAILURES_MAX = 2;
/** While the circuit breaker is open, Redis is not called. */
const CIRCUIT_OPEN_MS = 1_000;

const ACQUIRE = readFileSync(new URL('acquire.lua', import.meta.url), 'utf8');
const RELEASE = readFileSync(new URL('release.lua', import.meta.url), 'utf8');

interface Scripts {
  acquireLocks(keyCount: number, ...keysAndArguments: string[]): Promise<number>;
  releaseLocks(keyCount: number, ...keysAndArguments: string[]): Promise<number>;
}

/**
 * Locks that lock nothing: for callers without contention, and for tests that prove that
 * correctness needs no locks.
 */
export const noLocks: Locks = { holding: (_names, work) => work() };

/**
 * Creates locks that are kept in Redis.
 * @param redis a connection of `connectFailingFast`
 * @param bounds longer times, for callers that should not continue without a lock
 */
export function createLocks(
  redis: RedisClient,
  keyPrefix: string,
  bounds: LockBounds = BOUNDS,
): Locks {
  const { ttlMs, waitMsMax, callTimeoutMs } = bounds;
  redis.defineCommand('acquireLocks', { lua: ACQUIRE });
  redis.defineCommand('releaseLocks', { lua: RELEASE });
  const scripts = redis as unknown as Scripts;
  let openUntil = 0;
  let failures = 0;

  /** Waits for a script's answer. Returns undefined if it fails or takes too long. */
  const call = async <T>(script: Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await withDeadline('a lock', callTimeoutMs, script);
      failures = 0;
      return answer;
    } catch {
      // One slow call does not open the circuit breaker, because it can be a stall of this process.
      // Without locks, conflicts would then prolong the stall.
      failures += 1;
      if (failures >= FAILURES_MAX) openUntil = performance.now() + CIRCUIT_OPEN_MS;
      return undefined;
    }
  };

  /** Tries to acquire the locks until it has them, the wait is over, or Redis does not answer. */
  const acquire = async (keys: readonly string[], token: string): Promise<void> => {
    const giveUpAt = performance.now() + waitMsMax;
    while (performance.now() >= openUntil) {
      const acquired = await call(scripts.acquireLocks(keys.length, ...keys, token, String(ttlMs)));
      if (acquired !== 0 || performance.now() >= giveUpAt) return;
      await pause(POLL_MS_MIN + Math.random() * (POLL_MS_MAX - POLL_MS_MIN));
    }
  };

  return {
    holding: async (names, work) => {
      const keys = [...new Set(names)].sort().map((name) => `${keyPrefix}:{locks}:${name}`);
      if (keys.length === 0) return work();
      const token = randomUUID();
      await acquire(keys, token);
      try {
        return await work();
      } finally {
        // Also after a failed call to acquire, because Redis may have executed it.
        if (performance.now() >= openUntil)
          await call(scripts.releaseLocks(keys.length, ...keys, token));
      }
    },
  };
}
