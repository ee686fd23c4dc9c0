import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readEnv } from '../runtime/env.ts';
import { startMongodb } from '../services/mongodb.ts';
import { startRedis } from '../services/redis.ts';
import type { RunningService } from '../services/start-server.ts';
import { sweepAbandonedRuns, TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mongodbUrl: string;
    redisUrl: string;
  }
}

/** Starts one MongoDB and one Redis for all test files, unless TEST_MONGODB_URL / TEST_REDIS_URL are given. */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const env = readEnv();
  await sweepAbandonedRuns(console.error);
  const dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const options = { dataDir, cacheDir: env.cacheDir, log: console.error, cacheGb: 1 };
  const started: RunningService[] = [];
  const stopAll = async () => {
    for (const service of started.reverse()) await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const own = async (start: (given: typeof options) => Promise<RunningService>) => {
    const service = await start(options);
    started.push(service);
    return service.url;
  };
  try {
    project.provide('mongodbUrl', env.testMongodbUrl ?? (await own(startMongodb)));
    project.provide('redisUrl', env.testRedisUrl ?? (await own(startRedis)));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
