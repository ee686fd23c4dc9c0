import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../runtime/output.ts';
import { isRunning } from '../services/processes/identity.ts';
import { recoverOrphan } from '../services/processes/recover-orphan.ts';
import { readRunRecord } from '../services/processes/run-record.ts';

/** The name prefix of the temporary data folders of test runs. */
export const TEST_DATA_PREFIX = 'lastunit-test-';

/** The servers of a test run, each with its data folder: single servers, and those of clusters. */
const SERVICES: Readonly<Record<string, string>> = {
  ...{ mongod: 'mongodb', redis: 'redis' },
  ...{ 'mongodb-1': 'mongodb-1', 'mongodb-2': 'mongodb-2', 'mongodb-3': 'mongodb-3' },
  ...{ 'redis-1': 'redis-1', 'redis-2': 'redis-2', 'redis-3': 'redis-3' },
};

/** Stops the servers and removes the data of killed test runs. */
export async function sweepAbandonedRuns(log: Log, parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(TEST_DATA_PREFIX)) continue;
    const dataDir = join(parent, name);
    if (await isAbandoned(dataDir)) await sweep(dataDir, log);
  }
}

async function isAbandoned(dataDir: string): Promise<boolean> {
  const runs = await Promise.all(
    Object.keys(SERVICES).map((service) => readRunRecord(dataDir, service)),
  );
  const records = runs.filter((run) => run !== undefined);
  // A run without process records may be starting right now.
  return records.length > 0 && records.every((run) => !isRunning(run.launcher));
}

async function sweep(dataDir: string, log: Log): Promise<void> {
  for (const [service, folder] of Object.entries(SERVICES)) {
    await recoverOrphan({ dataDir, service, folder: join(dataDir, folder), log });
  }
  await rm(dataDir, { recursive: true, force: true });
}
