import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { runApt } from './apt.ts';

const TIMEOUT_MS = 30_000;

/**
 * Writes an apt-get that records each call, and fails with `error` in its first `failures` calls.
 */
async function givenAptGet(error: string, failures: number) {
  const folder = await temporaryFolder();
  const calls = join(folder, 'calls');
  const program = join(folder, 'apt-get');
  const lines = [
    '#!/bin/sh',
    `echo "$*" >> '${calls}'`,
    `[ "$(wc -l < '${calls}')" -gt ${failures} ] && exit 0`,
    `echo "${error}" >&2`,
    'exit 100',
  ];
  await writeFile(program, `${lines.join('\n')}\n`);
  await chmod(program, 0o755);
  return { program, readCalls: async () => (await readFile(calls, 'utf8')).trim().split('\n') };
}

test.each([
  'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)',
  'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)',
])('waits while another process has the lock: %s', async (error) => {
  const { program, readCalls } = await givenAptGet(error, 2);
  await runApt(program, ['install', 'a'], TIMEOUT_MS);
  expect(await readCalls()).toEqual(['install a', 'install a', 'install a']);
});

test('another error is thrown at once', async () => {
  const { program, readCalls } = await givenAptGet('E: Unable to locate package a', 1);
  const running = runApt(program, ['install', 'a'], TIMEOUT_MS);
  await expect(running).rejects.toThrow('Unable to locate package a');
  expect(await readCalls()).toHaveLength(1);
});
