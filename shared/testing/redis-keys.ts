import { Cluster } from 'ioredis';
import { connectPatiently, type RedisClient } from '../queue/connections.ts';

const SCAN_COUNT = 1_000;

/** Runs `work` with a client of this Redis or cluster, and disconnects the client afterwards. */
export async function withRedis<T>(url: string, work: (redis: RedisClient) => Promise<T>) {
  const redis = connectPatiently({ url, onError: () => undefined });
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Returns the keys that contain a text, on all masters. */
export async function findKeys(redis: RedisClient, text: string): Promise<string[]> {
  // The client of a cluster knows the masters after the first answer.
  await redis.get(text);
  const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const matches: string[] = [];
  for (const master of masters) {
    let cursor = '0';
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', `*${text}*`, 'COUNT', SCAN_COUNT);
      matches.push(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
  return matches;
}

/** Removes keys one by one, since the keys of one command must share a slot in a cluster. */
export async function removeKeys(redis: RedisClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => redis.unlink(key)));
}
