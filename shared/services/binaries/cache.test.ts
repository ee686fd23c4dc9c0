import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { fromCache, intoCache } from './cache.ts';

const ROUNDS = 20;
const RUNS = 16;

const thing = (cacheDir: string) => ({ cacheDir, entry: 'thing-1.0', program: 'thing' });

async function writeProgram(folder: string): Promise<void> {
  await writeFile(join(folder, 'thing'), '#!/bin/sh\n');
  await chmod(join(folder, 'thing'), 0o755);
}

test('a program that was added is found', async () => {
  const cacheDir = await temporaryFolder();
  expect(await fromCache(thing(cacheDir))).toBeUndefined();
  const path = await intoCache(thing(cacheDir), writeProgram);
  expect(path).toBe(join(cacheDir, 'thing-1.0', 'thing'));
  expect(await fromCache(thing(cacheDir))).toBe(path);
});

test('an attempt that fails leaves nothing and can be repeated', async () => {
  const cacheDir = await temporaryFolder();
  const broken = async (folder: string) => {
    await writeProgram(folder);
    throw new Error('wrong hash');
  };
  await expect(intoCache(thing(cacheDir), broken)).rejects.toThrow('wrong hash');
  expect(await readdir(cacheDir)).toEqual([]);
  await intoCache(thing(cacheDir), writeProgram);
});

test('a folder without the program is refused', async () => {
  const cacheDir = await temporaryFolder();
  await expect(intoCache(thing(cacheDir), async () => undefined)).rejects.toThrow(
    'contains no thing',
  );
});

test('an entry without its program is replaced, and leftovers of killed runs are removed', async () => {
  const cacheDir = await temporaryFolder();
  const abandoned = join(cacheDir, '.unfinished-old');
  await mkdir(join(cacheDir, 'thing-1.0', 'rubbish'), { recursive: true });
  await mkdir(abandoned);
  await utimes(abandoned, new Date(0), new Date(0));
  await intoCache(thing(cacheDir), writeProgram);
  expect(await readdir(cacheDir)).toEqual(['thing-1.0']);
  expect(await readdir(join(cacheDir, 'thing-1.0'))).toEqual(['thing']);
});

test('concurrent runs all get the program and leave one entry', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const cacheDir = await temporaryFolder();
    const runs = Array.from({ length: RUNS }, () => intoCache(thing(cacheDir), writeProgram));
    const paths = await Promise.all(runs);
    expect(new Set(paths)).toEqual(new Set([join(cacheDir, 'thing-1.0', 'thing')]));
    expect(await readdir(cacheDir)).toEqual(['thing-1.0']);
  }
});
