import { execFileSync, spawn } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { childEnv, executableFolders, projectRoot } from '../shared/runtime/env.ts';
import { readRunRecord } from '../shared/services/processes/run-record.ts';
import { TEST_DATA_PREFIX } from '../shared/testing/sweep-abandoned-runs.ts';

const WAIT = { timeout: 60_000 };

/** Runs `npm run services` on empty data, which `prepare` may change before, with its settings. */
async function spawnServices(
  prepare: (dataDir: string) => Promise<Record<string, string>> = async () => ({}),
) {
  const dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const settings = await prepare(dataDir);
  const child = spawn(process.execPath, [join(projectRoot, 'commands/services.ts')], {
    env: childEnv({ ...settings, DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      printed += data.toString();
    });
  }
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exitCode;
    await rm(dataDir, { recursive: true, force: true });
  });
  return { dataDir, child, exitCode, printed: () => printed };
}

/** Runs `npm run services` on empty data until it has printed the URLs of both servers. */
async function startServices() {
  const services = await spawnServices();
  await expect.poll(services.printed, WAIT).toContain('REDIS_URL=');
  return services;
}

/** Opens a pipe for writing once another process reads it. */
async function openRead(pipe: string): Promise<FileHandle> {
  let opened: FileHandle | undefined;
  await expect
    .poll(async () => {
      opened ??= await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
      return opened;
    }, WAIT)
    .toBeDefined();
  if (opened === undefined) throw new Error(`No process reads ${pipe}.`);
  return opened;
}

test('npm run services ends with 0 at SIGTERM', async () => {
  const { child, exitCode, printed } = await startServices();
  expect(printed()).toMatch(/^MONGODB_URL=mongodb:\/\//m);
  child.kill('SIGTERM');
  expect(await exitCode).toBe(0);
  expect(printed()).not.toContain('unexpectedly');
});

test('npm run services ends with 0 at a SIGTERM before its first server runs', async () => {
  let pipe = '';
  const { child, exitCode, printed } = await spawnServices(async (dataDir) => {
    // The start reads this record first and waits until the pipe has been written.
    pipe = join(dataDir, 'run', 'mongod.json');
    await mkdir(join(dataDir, 'run'));
    execFileSync('mkfifo', [pipe]);
    return {};
  });
  const record = await openRead(pipe);
  await rm(pipe);
  child.kill('SIGTERM');
  await expect.poll(printed, WAIT).toContain('Stopping.');
  await record.close();
  expect(await exitCode).toBe(0);
  expect(printed()).not.toContain('MONGODB_URL=');
});

test('npm run services ends at a SIGTERM while it looks for its programs', async () => {
  let asked = '';
  const { dataDir, child, exitCode } = await spawnServices(async (folder) => {
    const bin = join(folder, 'bin');
    asked = join(folder, 'asked');
    await mkdir(bin);
    const mongod = `#!/bin/sh\necho > '${asked}'\nexec sleep 3600\n`;
    await writeFile(join(bin, 'mongod'), mongod, { mode: 0o755 });
    return { PATH: [bin, executableFolders()].flat().join(delimiter) };
  });
  await expect.poll(() => existsSync(asked), WAIT).toBe(true);
  child.kill('SIGTERM');
  expect(await exitCode).toBe(0);
  expect(await readdir(dataDir)).not.toContain('mongodb');
});

test('npm run services ends when its parent process ends', async () => {
  const { child, exitCode } = await startServices();
  child.disconnect();
  expect(await exitCode).toBe(0);
});

test('npm run services ends with 1 and a message if a server is killed', async () => {
  const { dataDir, exitCode, printed } = await startServices();
  const run = await readRunRecord(dataDir, 'redis');
  if (run === undefined) throw new Error('There is no run record of Redis.');
  process.kill(run.process.pid, 'SIGKILL');
  expect(await exitCode).toBe(1);
  expect(printed()).toContain('A server has ended unexpectedly');
});
