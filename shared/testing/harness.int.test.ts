import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { testNamespace } from './harness.ts';

const namespace = testNamespace({ isOwnDatabase: true });

test('a namespace has its own database on a replica set with transactions', async () => {
  const client = await new MongoClient(namespace.mongodbUrl).connect();
  try {
    expect(client.db().databaseName).toBe(namespace.databaseName);
    await client.db().createCollection('things');
    await client.withSession((session) =>
      session.withTransaction(() => client.db().collection('things').insertOne({}, { session })),
    );
    expect(await client.db().collection('things').countDocuments()).toBe(1);
  } finally {
    await client.close();
  }
});
