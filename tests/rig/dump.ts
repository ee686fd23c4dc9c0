import { MongoClient } from 'mongodb';
import type { RedisClient } from '../../shared/queue/connections.ts';
import type { TestNamespace } from '../../shared/testing/harness.ts';
import { findKeys, withRedis } from '../../shared/testing/redis-keys.ts';

/** Returns all contents of a test's namespace as text: the database, and Redis with its jobs. */
export async function dumpData(
  namespace: TestNamespace,
): Promise<{ mongodb: string; redis: string }> {
  const client = new MongoClient(namespace.mongodbUrl);
  try {
    return {
      mongodb: await dumpDatabase(client, namespace.databaseName),
      redis: await withRedis(namespace.redisUrl, (redis) => dumpKeys(redis, namespace.keyPrefix)),
    };
  } finally {
    await client.close();
  }
}

async function dumpDatabase(client: MongoClient, name: string): Promise<string> {
  const db = client.db(name);
  const collections = await db.listCollections().toArray();
  const texts: string[] = [];
  for (const collection of collections) {
    texts.push(collection.name);
    const documents = await db.collection(collection.name).find().toArray();
    texts.push(...documents.map((document) => JSON.stringify(document)));
  }
  return texts.join('\n');
}

async function dumpKeys(redis: RedisClient, prefix: string): Promise<string> {
  const keys = await findKeys(redis, prefix);
  const texts = keys.map(async (key) => `${key} ${JSON.stringify(await readContent(redis, key))}`);
  return (await Promise.all(texts)).join('\n');
}

async function readContent(redis: RedisClient, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, 0, '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return undefined;
  }
}
