import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import type { TestNamespace } from '../../shared/testing/harness.ts';

const SCAN_COUNT = 1_000;

/** Returns all contents of a test's namespace as text: the database, and Redis with its jobs. */
export async function dumpData(
  namespace: TestNamespace,
): Promise<{ mongodb: string; redis: string }> {
  const client = new MongoClient(namespace.mongodbUrl);
  const redis = new Redis(namespace.redisUrl);
  try {
    return {
      mongodb: await dumpDatabase(client, namespace.databaseName),
      redis: await dumpKeys(redis, namespace.keyPrefix),
    };
  } finally {
    await client.close();
    redis.disconnect();
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

async function dumpKeys(redis: Redis, prefix: string): Promise<string> {
  const texts: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `*${prefix}*`, 'COUNT', SCAN_COUNT);
    for (const key of keys) texts.push(`${key} ${JSON.stringify(await readContent(redis, key))}`);
    cursor = next;
  } while (cursor !== '0');
  return texts.join('\n');
}

async function readContent(redis: Redis, key: string): Promise<unknown> {
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
