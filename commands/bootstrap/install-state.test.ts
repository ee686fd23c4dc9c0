import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { reasonToInstall } from './install-state.mjs';

type Packages = Record<string, { version?: string; optional?: boolean; dev?: boolean }>;

async function project(locked: Packages, installed?: Packages): Promise<string> {
  const root = await temporaryFolder();
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
  if (!installed) return root;
  await mkdir(join(root, 'node_modules', '.bin'), { recursive: true });
  await writeFile(join(root, 'node_modules', '.bin', 'node'), '');
  const state = JSON.stringify({ packages: installed });
  await writeFile(join(root, 'node_modules', '.package-lock.json'), state);
  return root;
}

const zod = { 'node_modules/zod': { version: '4.0.0' } };
const root = { '': { version: '0.1.0' } };

test('a fresh clone needs an install', async () => {
  expect(reasonToInstall(await project({ ...root, ...zod }))).toBe('nothing is installed yet');
});

test('packages that fit the lock file need no install', async () => {
  expect(reasonToInstall(await project({ ...root, ...zod }, zod))).toBeUndefined();
});

test('the reason names a package that is missing or has another version', async () => {
  expect(reasonToInstall(await project(zod, {}))).toBe('zod is missing');
  const old = { 'node_modules/zod': { version: '3.9.0' } };
  expect(reasonToInstall(await project(zod, old))).toContain('zod is 3.9.0');
});

test('a package for another system may be absent', async () => {
  const forMac = { 'node_modules/@tool/darwin-arm64': { version: '1.0.0', optional: true } };
  expect(reasonToInstall(await project({ ...zod, ...forMac }, zod))).toBeUndefined();
});

test('development packages may be absent in production, but must fit if they are installed', async () => {
  const tool = { 'node_modules/tool': { version: '2.0.0', dev: true } };
  const image = await project({ ...zod, ...tool }, zod);
  expect(reasonToInstall(image, true)).toBeUndefined();
  expect(reasonToInstall(image, false)).toBe('tool is missing');
  const stale = { ...zod, 'node_modules/tool': { version: '1.0.0' } };
  expect(reasonToInstall(await project({ ...zod, ...tool }, stale), true)).toContain('tool is 1');
  expect(reasonToInstall(await project({ ...zod, ...tool }, tool), true)).toBe('zod is missing');
});

test('a damaged install state counts as not installed', async () => {
  const root = await project(zod, zod);
  await writeFile(join(root, 'node_modules', '.package-lock.json'), '{"packages": {"node_mod');
  expect(reasonToInstall(root)).toBe('nothing is installed yet');
});
