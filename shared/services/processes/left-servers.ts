import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../runtime/output.ts';
import { recoverOrphan } from './recover-orphan.ts';

const LOCK = 'lock.json';

/** The data folders of all servers by their names: single servers, and those of clusters. */
export const SERVER_FOLDERS: Readonly<Record<string, string>> = {
  ...{ mongod: 'mongodb', redis: 'redis' },
  ...{ 'mongodb-1': 'mongodb-1', 'mongodb-2': 'mongodb-2', 'mongodb-3': 'mongodb-3' },
  ...{ 'redis-1': 'redis-1', 'redis-2': 'redis-2', 'redis-3': 'redis-3' },
};

/**
 * Ends the servers that a killed process left running on `dataDir`.
 * @throws Error if the process that started a server still runs
 */
export async function endLeftServers(dataDir: string, log: Log): Promise<void> {
  for (const [service, folder] of Object.entries(SERVER_FOLDERS)) {
    await recoverOrphan({ dataDir, service, folder: join(dataDir, folder), log });
  }
}

/** Removes the data, logs and records of all servers on `dataDir`, but not its lock. */
export async function removeServerData(dataDir: string): Promise<void> {
  const records = (await readdir(join(dataDir, 'run'))).filter((name) => name !== LOCK);
  const runs = records.map((name) => join('run', name));
  for (const path of [...Object.values(SERVER_FOLDERS), 'logs', ...runs]) {
    await rm(join(dataDir, path), { recursive: true, force: true });
  }
}
