import { once } from 'node:events';
import { connectFailingFast, type RedisClient } from '../queue/connections.ts';

/** Opens a connection with `connectFailingFast` and waits until it is established. */
export async function readyRedis(url: string): Promise<RedisClient> {
  const redis = connectFailingFast({ url, onError: () => undefined });
  await once(redis, 'ready');
  return redis;
}
