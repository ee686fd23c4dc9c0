import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { childEnv, projectRoot } from '../shared/runtime/env.ts';
import { readRunRecord } from '../shared/services/processes/run-record.ts';
import { TEST_DATA_PREFIX } from '../shared/testing/sweep-abandoned-runs.ts';

const WAIT = { timeout: 60_000 };

/** Runs `npm run services` on empty data until it has printed the URLs of both servers. */
async function startServices() {
  const dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const child = spawn(process.execPath, [join(projectRoot, 'commands/services.ts')], {
    env: childEnv({ DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      printed += data.toString();
    });
  }
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exitCode;
    await rm(dataDir, { recursive: true, force: true });
  });
  await expect.poll(() => printed, WAIT).toContain('REDIS_URL=');
  return { dataDir, child, exitCode, printed: () => printed };
}

test('npm run services ends with 0 at SIGTERM', async () => {
  const { child, exitCode, printed } = await startServices();
  expect(printed()).toMatch(/^MONGODB_URL=mongodb:\/\//m);
  child.kill('SIGTERM');
  expect(await exitCode).toBe(0);
  expect(printed()).not.toContain('unexpectedly');
});

test('npm run services ends with 1 and a message if a server is killed', async () => {
  const { dataDir, exitCode, printed } = await startServices();
  const run = await readRunRecord(dataDir, 'redis');
  if (run === undefined) throw new Error('There is no run record of Redis.');
  process.kill(run.process.pid, 'SIGKILL');
  expect(await exitCode).toBe(1);
  expect(printed()).toContain('A server has ended unexpectedly');
});
