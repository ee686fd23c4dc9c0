import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isExecutable } from './on-path.ts';

test('only a file that may be executed is a program', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lastunit-on-path-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'program'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'text'), 'no program', { mode: 0o644 });
  await mkdir(join(folder, 'folder'));
  expect(await isExecutable(join(folder, 'program'))).toBe(true);
  expect(await isExecutable(join(folder, 'folder'))).toBe(false);
  expect(await isExecutable(join(folder, 'none'))).toBe(false);
  // The superuser may execute a file if any user may.
  expect(await isExecutable(join(folder, 'text'))).toBe(false);
});
