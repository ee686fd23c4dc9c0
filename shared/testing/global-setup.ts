import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { TestProject } from 'vitest/node';
import { readEnv, setEnv } from '../runtime/env.ts';
import { startMongodb } from '../services/mongodb.ts';
import { startRedis } from '../services/redis.ts';
import { startRedisCluster } from '../services/redis-cluster.ts';
import { type ServerGroup, startReplicaSet } from '../services/replica-set.ts';
import type { RunningService } from '../services/start-server.ts';
import { bundleProcesses } from './bundles/bundle-processes.ts';
import { sweepAbandonedRuns, TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mongodbUrl: string;
    redisUrl: string;
    /** Prefix of all names that the run creates on the servers. */
    runId: string;
  }
}

/**
 * Starts one MongoDB for all test files unless TEST_MONGODB_URL is set, and one Redis unless
 * TEST_REDIS_URL is set. With TEST_TOPOLOGY=cluster, always starts a replica set of three members
 * and a Redis Cluster of three masters. With TEST_BUNDLES=on, the processes that tests start run as
 * bundles.
 */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const env = readEnv();
  await sweepAbandonedRuns(console.error);
  // Test workers and the processes that they start inherit the environment.
  if (env.testBundles === 'on') setEnv(await bundleProcesses());
  const dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const options = { dataDir, cacheDir: env.cacheDir, log: console.error, cacheGb: 1 };
  const started: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const service of started.reverse()) await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const startOwn = async (
    start: (own: typeof options) => Promise<RunningService | ServerGroup>,
  ) => {
    const service = await start(options);
    started.push(service);
    return service.url;
  };
  const runId = `test-${randomBytes(4).toString('hex')}`;
  try {
    const isCluster = env.testTopology === 'cluster';
    const mongodbUrl = isCluster ? await startOwn(startReplicaSet) : env.testMongodbUrl;
    const redisUrl = isCluster ? await startOwn(startRedisCluster) : env.testRedisUrl;
    project.provide('mongodbUrl', mongodbUrl ?? (await startOwn(startMongodb)));
    project.provide('redisUrl', redisUrl ?? (await startOwn(startRedis)));
    project.provide('runId', runId);
  } catch (error) {
    await stopAll();
    throw error;
  }
  return async () => {
    if (env.testMongodbUrl !== undefined && env.testTopology === 'single')
      await dropTestDatabases(env.testMongodbUrl, runId);
    await stopAll();
  };
}

/** Drops the databases that the test workers of a run left. */
async function dropTestDatabases(mongodbUrl: string, runId: string): Promise<void> {
  const client = new MongoClient(mongodbUrl);
  try {
    const nameOnly = true;
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly });
    for (const { name } of databases) {
      if (name.startsWith(`${runId}-`)) await client.db(name).dropDatabase();
    }
  } finally {
    await client.close();
  }
}
