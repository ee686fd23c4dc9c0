import { once } from 'node:events';
import { connectFailingFast, type RedisClient } from '../queue/connections.ts';

/** A connection of `connectFailingFast` that has come about: its first call already finds Redis. */
export async function readyRedis(url: string): Promise<RedisClient> {
  const redis = connectFailingFast({ url, onError: () => undefined });
  await once(redis, 'ready');
  return redis;
}
