import { once } from 'node:events';
import { createServer } from 'node:net';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { startMongodb } from './mongodb.ts';
import type { RunningService } from './start-server.ts';

const { cacheDir } = readEnv();

async function start(dataDir: string): Promise<RunningService> {
  const service = await startMongodb({ dataDir, cacheDir, log: () => undefined, cacheGb: 0.25 });
  onTestFinished(() => service.stop());
  return service;
}

async function withClient<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(url).connect();
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const insertDurably = (url: string) =>
  withClient(url, (client) =>
    client
      .db()
      .collection('things')
      .insertOne({}, { writeConcern: { w: 'majority', j: true } }),
  );
const countThings = (url: string) =>
  withClient(url, (client) => client.db().collection('things').countDocuments());

async function killNow(service: RunningService): Promise<void> {
  process.kill(service.pid, 'SIGKILL');
  await service.exited;
}

test('MongoDB ends transactions after three seconds, and majority writes wait for the journal', async () => {
  const { url } = await start(await temporaryFolder());
  await withClient(url, async (client) => {
    const parameters = await client.db('admin').command({
      getParameter: 1,
      transactionLifetimeLimitSeconds: 1,
    });
    expect(parameters['transactionLifetimeLimitSeconds']).toBe(3);
    const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
    expect(config.writeConcernMajorityJournalDefault).toBe(true);
  });
});

test('after kill -9 MongoDB serves the same data at the same address', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await insertDurably(first.url);
  await killNow(first);
  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await countThings(second.url)).toBe(1);
  await insertDurably(second.url);
});

test('if the former port is taken, MongoDB serves the same data at another address', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await insertDurably(first.url);
  await first.stop();
  const otherServer = createServer((socket) => socket.destroy()).listen(first.port, '127.0.0.1');
  onTestFinished(() => void otherServer.close());
  await once(otherServer, 'listening');
  const second = await start(dataDir);
  expect(second.port).not.toBe(first.port);
  await insertDurably(second.url);
  expect(await countThings(second.url)).toBe(2);
});

test('a second start on the same data by this process ends the first server cleanly', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await insertDurably(first.url);
  const second = await start(dataDir);
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(await countThings(second.url)).toBe(1);
});
