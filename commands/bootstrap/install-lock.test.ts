import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { removeLock, withInstallLock } from './install-lock.mjs';

/** No system gives a process such a high id. */
const DEAD_PID = '2147483647';

async function project() {
  const root = await temporaryFolder();
  const folder = join(root, '.cache');
  await mkdir(folder);
  return { root, folder, lock: join(folder, 'install.lock') };
}

test.each([
  ['of a dead process', DEAD_PID],
  ['of an earlier process with the same id', String(process.pid)],
])('the lock %s is taken over and removed after the work', async (_, holder) => {
  const { root, folder, lock } = await project();
  await writeFile(lock, holder);
  const work = vi.fn(async () => expect(await readFile(lock, 'utf8')).toBe(String(process.pid)));
  await withInstallLock(root, () => undefined, work);
  expect(work).toHaveBeenCalledOnce();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a running process is waited for', async () => {
  const { root, lock } = await project();
  await writeFile(lock, String(process.ppid));
  const [log, work] = [vi.fn(), vi.fn(async () => undefined)];
  const done = withInstallLock(root, log, work);
  await expect.poll(() => log.mock.calls).toEqual([[expect.stringContaining(`${process.ppid}`)]]);
  expect(work).not.toHaveBeenCalled();
  await rm(lock);
  await done;
  expect(work).toHaveBeenCalledOnce();
});

test('a lock that cannot be read is waited for, not removed', async () => {
  const { root, lock } = await project();
  // A folder in place of the file: even root cannot read it.
  await mkdir(lock);
  const [log, work] = [vi.fn(), vi.fn(async () => undefined)];
  const done = withInstallLock(root, log, work);
  await expect.poll(() => log.mock.calls).toEqual([[expect.stringContaining('another process')]]);
  expect(work).not.toHaveBeenCalled();
  await rmdir(lock);
  await done;
  expect(work).toHaveBeenCalledOnce();
});

test('a lock that another process has taken meanwhile is kept', async () => {
  const { root, folder, lock } = await project();
  await writeFile(lock, '1');
  removeLock(lock, DEAD_PID);
  expect(await readFile(lock, 'utf8')).toBe('1');
  expect(await readdir(folder)).toEqual(['install.lock']);
  await rm(lock);
  await withInstallLock(
    root,
    () => undefined,
    () => writeFile(lock, '1'),
  );
  expect(await readFile(lock, 'utf8')).toBe('1');
});

test('removing a lock that has vanished does nothing', async () => {
  const { folder, lock } = await project();
  removeLock(lock, DEAD_PID);
  expect(await readdir(folder)).toEqual([]);
});
