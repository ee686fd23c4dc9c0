import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';
import { findKeys, removeKeys, withRedis } from './redis-keys.ts';

/** The database and keys on the shared servers that belong to the running test file. */
export type TestNamespace = {
  /** The URL of a database that no other file uses at the same time. */
  mongodbUrl: string;
  databaseName: string;
  redisUrl: string;
  /** The prefix of every Redis key of the file. */
  keyPrefix: string;
};

interface Options {
  /** Whether the tests change collections or indexes. If so, no other file may use the database. */
  readonly isOwnDatabase?: boolean;
}

/** Collections that contain the schema's state instead of test data. */
const KEPT_COLLECTIONS = ['migrations'];
/**
 * Emptied databases that have all collections and indexes. A test worker loads this module once and
 * runs its files one after the other.
 */
const emptyDatabases: string[] = [];

/**
 * Creates a namespace for the calling test file and empties it after the file's tests. Later files
 * of the test worker reuse the database, unless it was the file’s own, because creating the
 * collections and indexes takes seconds.
 */
export function testNamespace({ isOwnDatabase = false }: Options = {}): TestNamespace {
  const keyPrefix = newName();
  const databaseName = (isOwnDatabase ? undefined : emptyDatabases.pop()) ?? newName();
  const mongodbUrl = inDatabase(inject('mongodbUrl'), databaseName);
  const redisUrl = inject('redisUrl');
  afterAll(async () => {
    await Promise.all([clearDatabase(mongodbUrl, isOwnDatabase), clearKeys(redisUrl, keyPrefix)]);
    if (!isOwnDatabase) emptyDatabases.push(databaseName);
  });
  return { mongodbUrl, databaseName, redisUrl, keyPrefix };
}

/** Returns a name that begins with the run's id, so that the run can find and remove leftovers. */
function newName(): string {
  return `${inject('runId')}-${randomBytes(6).toString('hex')}`;
}

/** Replaces the database in a URL. `new URL` does not accept URLs with several hosts. */
function inDatabase(url: string, name: string): string {
  return url.replace(/^([a-z+]+:\/\/[^/?]+)(\/[^?]*)?/, `$1/${name}`);
}

async function clearDatabase(url: string, isOwn: boolean): Promise<void> {
  const client = new MongoClient(url);
  try {
    if (isOwn) return void (await client.db().dropDatabase());
    for (const collection of await client.db().collections()) {
      if (KEPT_COLLECTIONS.includes(collection.collectionName)) continue;
      await collection.deleteMany({});
    }
  } finally {
    await client.close();
  }
}

async function clearKeys(url: string, keyPrefix: string): Promise<void> {
  await withRedis(url, async (redis) => removeKeys(redis, await findKeys(redis, keyPrefix)));
}
