import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { idleProcess, killNow } from '../testing/child-process.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { DataInUseError, lockDataDir } from './data-lock.ts';
import { findProcess } from './processes/identity.ts';

/** A former race, in which two attempts got the lock, showed within about this many rounds. */
const ROUNDS = 30;

async function folderLockedBy(holder: unknown): Promise<string> {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'run'));
  const text = typeof holder === 'string' ? holder : JSON.stringify(holder);
  await writeFile(join(dataDir, 'run', 'lock.json'), text);
  return dataDir;
}

test('a lock names its holder, refuses another lock, and is free after its release', async () => {
  const dataDir = await temporaryFolder();
  const lock = await lockDataDir(dataDir);
  const text = await readFile(join(dataDir, 'run', 'lock.json'), 'utf8');
  expect(JSON.parse(text)).toEqual(findProcess(process.pid));
  await expect(lockDataDir(dataDir)).rejects.toThrow(DataInUseError);
  await lock.release();
  await (await lockDataDir(dataDir)).release();
});

test('a running process keeps its lock, and the error names it', async () => {
  const { identity } = await idleProcess('the-other-start');
  const dataDir = await folderLockedBy(identity);
  const error = await lockDataDir(dataDir).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'DataInUseError', pid: identity.pid });
  expect(String(error)).toContain('the-other-start');
});

test('the lock of a dead process is taken over', async () => {
  const { child, identity } = await idleProcess();
  await killNow(child);
  const dataDir = await folderLockedBy(identity);
  await (await lockDataDir(dataDir)).release();
});

test('a lock whose process id now belongs to another process is taken over', async () => {
  const { identity } = await idleProcess();
  const dataDir = await folderLockedBy({ ...identity, startedAt: 'long before' });
  await (await lockDataDir(dataDir)).release();
});

test.each(['', '{"pid":', '[]'])('a torn lock %j is taken over', async (text) => {
  const dataDir = await folderLockedBy(text);
  await (await lockDataDir(dataDir)).release();
});

test('a stale lock is taken over after a process died while it removed that lock', async () => {
  const { child, identity } = await idleProcess();
  await killNow(child);
  const dataDir = await folderLockedBy(identity);
  const path = join(dataDir, 'run', 'lock.json');
  const content = JSON.stringify(identity);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  await writeFile(`${path}.${hash}`, content);
  await (await lockDataDir(dataDir)).release();
  expect(await readdir(join(dataDir, 'run'))).toEqual([]);
});

test('of many concurrent attempts to take a stale lock, exactly one succeeds', async () => {
  const { child, identity } = await idleProcess();
  await killNow(child);
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = await folderLockedBy(identity);
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dataDir)));
    expect(tries.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  }
});
