import { ReplyError } from 'ioredis';
import { withDeadline } from '../runtime/deadline.ts';
import type { RedisClient } from './connections.ts';

const PROBE_TTL_MS = 60_000;
const PROBE_TIMEOUT_MS = 500;
/**
 * A write without an answer is tried again once, because one slow call can be a stall of this
 * process.
 */
const TRIES_MAX = 2;

/** Why Redis does not accept writes; `refused` for any other error reply. */
export type RedisTrouble = 'unreachable' | 'read_only' | 'full' | 'cannot_save' | 'refused';

const TROUBLES: readonly (readonly [RegExp, RedisTrouble])[] = [
  [/\b(READONLY|MASTERDOWN|NOREPLICAS)\b/, 'read_only'],
  [/\bOOM\b/, 'full'],
  [/\bMISCONF\b/, 'cannot_save'],
];

/** The number of keys that are written in a cluster, in the slots of the first 16 partitions. */
const CLUSTER_PROBES = 16;

/**
 * Checks that Redis accepts writes: writes small keys over the given connection, in a bounded time.
 * A Redis that is full, read-only or cannot save answers a ping but refuses a write. In a cluster
 * the keys are on different masters.
 * @returns undefined if all writes worked, otherwise the trouble of the first key that failed
 */
export async function probeRedis(
  redis: RedisClient,
  keyPrefix: string,
): Promise<RedisTrouble | undefined> {
  const prefix = `${keyPrefix}:probe`;
  const keys = redis.isCluster
    ? Array.from({ length: CLUSTER_PROBES }, (_, n) => `${prefix}:{${n}}`)
    : [prefix];
  const troubles = await Promise.all(keys.map((key) => probeKey(redis, key)));
  return troubles.find((trouble) => trouble !== undefined);
}

async function probeKey(redis: RedisClient, key: string): Promise<RedisTrouble | undefined> {
  let trouble: RedisTrouble | undefined;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    trouble = await tryWrite(redis, key);
    if (trouble !== 'unreachable') return trouble;
  }
  return trouble;
}

async function tryWrite(redis: RedisClient, key: string): Promise<RedisTrouble | undefined> {
  // A patient client would queue the command for as long as the outage lasts.
  if (redis.status !== 'ready') return 'unreachable';
  try {
    const write = redis.set(key, '1', 'PX', PROBE_TTL_MS);
    await withDeadline('a probe of Redis', PROBE_TIMEOUT_MS, write);
    return undefined;
  } catch (error) {
    return toTrouble(error);
  }
}

function toTrouble(error: unknown): RedisTrouble {
  if (!(error instanceof ReplyError)) return 'unreachable';
  const message = String(error);
  return TROUBLES.find(([pattern]) => pattern.test(message))?.[1] ?? 'refused';
}
