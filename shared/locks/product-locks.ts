import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from '../queue/connections.ts';
import { pause, withDeadline } from '../runtime/deadline.ts';

/**
 * Locks on products and discount codes keep writers of the same thing from conflicting in the
 * database. They are traffic control and not the guarantee: if a lock is not free in time, or Redis
 * is down, the work continues without it and the conditional write still decides.
 */
export interface Locks {
  /**
   * Runs `work` while it holds the locks of all `names`. If they are not free in time, `work` runs
   * without them.
   */
  holding<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
}

/** A lock expires after this long, so that a dead holder blocks no one. */
export const LOCK_TTL_MS = 5_000;
/** The work continues without a lock after waiting this long for it. */
export const LOCK_WAIT_MS_MAX = 2_000;
const CALL_TIMEOUT_MS = 200;

/** How long a lock lasts, how long to wait for it, and how long for one call of Redis. */
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
/** The circuit breaker opens after this many failed calls in a row: an outage costs a few waits. */
const FAILURES_MAX = 2;
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

  const call = async <T>(script: Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await withDeadline('a lock', callTimeoutMs, script);
      failures = 0;
      return answer;
    } catch {
      // A single slow call can be a stall of this process. Conflicts, if it then worked without locks,
      // would prolong the stall.
      failures += 1;
      if (failures >= FAILURES_MAX) openUntil = Date.now() + CIRCUIT_OPEN_MS;
      return undefined;
    }
  };

  /** Returns whether the locks are held; false also if Redis did not answer. */
  const acquire = async (keys: readonly string[], token: string): Promise<boolean> => {
    const giveUpAt = Date.now() + waitMsMax;
    while (Date.now() >= openUntil) {
      const taken = await call(scripts.acquireLocks(keys.length, ...keys, token, String(ttlMs)));
      if (taken === 1) return true;
      if (taken === undefined || Date.now() >= giveUpAt) return false;
      await pause(POLL_MS_MIN + Math.random() * (POLL_MS_MAX - POLL_MS_MIN));
    }
    return false;
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
        // Also after a failed call to acquire: Redis may have carried it out.
        if (Date.now() >= openUntil) await call(scripts.releaseLocks(keys.length, ...keys, token));
      }
    },
  };
}
