import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';

/** A test file's own corner of the shared servers: nobody else uses its database or its keys. */
export type TestNamespace = {
  /** Names the file's own database. */
  mongodbUrl: string;
  databaseName: string;
  redisUrl: string;
  /** Every Redis key of the file begins with this. */
  keyPrefix: string;
};

const SCAN_COUNT = 1_000;

/** Makes a namespace for the calling test file and removes what it holds after the file's tests. */
export function testNamespace(): TestNamespace {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const namespace = {
    mongodbUrl: inDatabase(inject('mongodbUrl'), name),
    databaseName: name,
    redisUrl: inject('redisUrl'),
    keyPrefix: name,
  };
  afterAll(() => clear(namespace));
  return namespace;
}

/** The same servers, another default database. A URL of several hosts is none for `new URL`. */
function inDatabase(url: string, name: string): string {
  return url.replace(/^([a-z+]+:\/\/[^/?]+)(\/[^?]*)?/, `$1/${name}`);
}

async function clear(namespace: TestNamespace): Promise<void> {
  const mongodb = new MongoClient(namespace.mongodbUrl);
  const redis = new Redis(namespace.redisUrl, { maxRetriesPerRequest: 3 });
  try {
    await mongodb.db(namespace.databaseName).dropDatabase();
    let cursor = '0';
    do {
      const pattern = `*${namespace.keyPrefix}*`;
      const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  } finally {
    await mongodb.close();
    redis.disconnect();
  }
}
