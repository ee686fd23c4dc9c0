import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { type DemoFile, openDemoFile } from './demo-file.ts';

const content = (worker: number): DemoFile => ({
  apiUrl: 'http://127.0.0.1:3000',
  ops: { username: 'operator', password: 'secret' },
  mongodbUrl: 'mongodb://127.0.0.1:1/lastunit',
  redisUrl: 'redis://127.0.0.1:2',
  processes: { api: [1], worker: [worker], mongod: [3], redis: [4] },
});

test('the file is readable by its owner only, changes with the processes, and is removed with the system', async () => {
  const dataDir = await temporaryFolder();
  const file = openDemoFile(dataDir);
  await file.rewrite();
  await expect(stat(file.path)).rejects.toThrow('ENOENT');
  let worker = 2;
  await file.write(() => content(worker));
  expect(((await stat(file.path)).mode & 0o777).toString(8)).toBe('600');
  worker = 7;
  await file.rewrite();
  expect(JSON.parse(await readFile(file.path, 'utf8'))).toEqual(content(7));
  await file.retire();
  await expect(stat(file.path)).rejects.toThrow('ENOENT');
  expect(await openDemoFile(dataDir).last()).toEqual(content(7));
});

test('a damaged file of a crashed run is ignored', async () => {
  const dataDir = await temporaryFolder();
  const file = openDemoFile(dataDir);
  expect(await file.last()).toBeUndefined();
  await writeFile(join(dataDir, 'demo.json'), '{"apiUrl":');
  await file.setAside();
  expect(await file.last()).toBeUndefined();
});

test('a write after the file was retired does nothing', async () => {
  const file = openDemoFile(await temporaryFolder());
  await file.write(() => content(2));
  await file.retire();
  await file.write(() => content(7));
  await file.rewrite();
  await expect(stat(file.path)).rejects.toThrow('ENOENT');
  expect(await file.last()).toEqual(content(2));
});

test('a failed write is logged and retried', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = await temporaryFolder();
  const dataDir = join(folder, 'data');
  // A file in place of the folder, so that no user can write there.
  await writeFile(dataDir, '');
  const log = vi.fn();
  const file = openDemoFile(dataDir, log);
  await file.write(() => content(2));
  await file.rewrite();
  expect(log).toHaveBeenCalledWith(expect.stringContaining('demo.json cannot be written'));
  await rm(dataDir);
  await vi.advanceTimersByTimeAsync(5_000);
  await expect.poll(() => readFile(file.path, 'utf8').catch(String)).toContain('"apiUrl"');
  await file.retire();
});
