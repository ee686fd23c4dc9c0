import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../runtime/output.ts';
import { isRunning } from '../services/processes/identity.ts';
import { endLeftServers, SERVER_FOLDERS } from '../services/processes/left-servers.ts';
import { readRunRecord } from '../services/processes/run-record.ts';

/** The name prefix of the temporary data folders of test runs. */
export const TEST_DATA_PREFIX = 'lastunit-test-';

/** Stops the servers and removes the data of killed test runs. */
export async function sweepAbandonedRuns(log: Log, parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(TEST_DATA_PREFIX)) continue;
    const dataDir = join(parent, name);
    if (!(await isAbandoned(dataDir))) continue;
    await endLeftServers(dataDir, log);
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function isAbandoned(dataDir: string): Promise<boolean> {
  const runs = await Promise.all(
    Object.keys(SERVER_FOLDERS).map((service) => readRunRecord(dataDir, service)),
  );
  const records = runs.filter((run) => run !== undefined);
  // A run without process records may be starting right now.
  return records.length > 0 && records.every((run) => !isRunning(run.launcher));
}
