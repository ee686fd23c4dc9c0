import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from '../services/processes/identity.ts';
import { writeRunRecord } from '../services/processes/run-record.ts';
import { idleProcess, killNow } from './child-process.ts';
import { sweepAbandonedRuns, TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const log = () => undefined;

/** Starts a process as a server of a test run, with a record of its launcher. */
async function givenRun(parent: string, service: string, folderName: string) {
  const dataDir = join(parent, `${TEST_DATA_PREFIX}${service}`);
  const folder = join(dataDir, folderName);
  await mkdir(folder, { recursive: true });
  const launcher = await idleProcess();
  const { identity } = await idleProcess('--dbpath', folder);
  await writeRunRecord(dataDir, service, { process: identity, launcher: launcher.identity });
  return { identity, launcher: launcher.child };
}

test.each([
  ['mongod', 'mongodb'],
  ['redis', 'redis'],
  ['mongodb-2', 'mongodb-2'],
  ['redis-3', 'redis-3'],
])(
  'the server %s of a killed run is ended, and its data is removed',
  async (service, folderName) => {
    const parent = await temporaryFolder();
    const { identity, launcher } = await givenRun(parent, service, folderName);
    await killNow(launcher);
    await sweepAbandonedRuns(log, parent);
    expect(isRunning(identity)).toBe(false);
    expect(await readdir(parent)).toEqual([]);
  },
);

test('the servers and data of a run that continues stay', async () => {
  const parent = await temporaryFolder();
  const { identity } = await givenRun(parent, 'mongod', 'mongodb');
  await sweepAbandonedRuns(log, parent);
  expect(isRunning(identity)).toBe(true);
  expect(await readdir(parent)).toHaveLength(1);
});
