import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from '../../../shared/services/processes/identity.ts';
import { writeRunRecord } from '../../../shared/services/processes/run-record.ts';
import { idleProcess, killNow } from '../../../shared/testing/child-process.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { databaseUrl, withBenchServices } from './bench-services.ts';

test('servers of clusters that a killed bench left are ended, and their data is removed', async () => {
  const parent = await temporaryFolder();
  vi.stubEnv('DATA_DIR', parent);
  onTestFinished(() => void vi.unstubAllEnvs());
  const dataDir = join(parent, 'bench');
  const { child, identity: launcher } = await idleProcess();
  await killNow(child);
  const names = ['mongodb-1', 'mongodb-3', 'redis-1', 'redis-3'];
  const orphans = await Promise.all(
    names.map(async (name) => {
      const folder = join(dataDir, name);
      const { identity } = await idleProcess('--dir', folder);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'data'), 'old');
      await mkdir(join(dataDir, 'run'), { recursive: true });
      await writeRunRecord(dataDir, name, { process: identity, launcher });
      return identity;
    }),
  );
  const signals = process.listenerCount('SIGTERM');
  const during = await withBenchServices(
    () => undefined,
    async () => ({ folders: await readdir(dataDir), running: orphans.filter(isRunning) }),
  );
  expect(during.running).toEqual([]);
  expect(during.folders.toSorted()).toEqual(['logs', 'mongodb', 'redis', 'run']);
  expect(await readdir(parent)).toEqual([]);
  expect(process.listenerCount('SIGTERM')).toBe(signals);
});

test.each([
  ['mongodb://127.0.0.1:1/lastunit?replicaSet=rs0', 'mongodb://127.0.0.1:1/other?replicaSet=rs0'],
  ['mongodb://a:1,b:2,c:3/lastunit?replicaSet=rs0', 'mongodb://a:1,b:2,c:3/other?replicaSet=rs0'],
])('databaseUrl returns the URL of another database on the servers of %s', (url, expected) => {
  expect(databaseUrl({ url }, 'other')).toBe(expected);
});
