import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { findProcess, isRunning, processesWith } from '../../shared/services/processes/identity.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { noSmallDisk, smallDisk } from '../../shared/testing/small-disk.ts';
import type { DemoFile } from './demo-file.ts';

const WAIT = { timeout: 30_000, interval: 100 };
const DISK_MB = 8;
const namespace = testNamespace();

/** Runs `npm start` on a small disk, with a MongoDB that is not on it. */
async function startOn(dataDir: string) {
  const port = await freePort();
  const child = spawn(process.execPath, [join(projectRoot, 'commands/start.ts')], {
    cwd: projectRoot,
    env: childEnv({
      DATA_DIR: dataDir,
      MONGODB_URL: namespace.mongodbUrl,
      KEY_PREFIX: namespace.keyPrefix,
      PORT: String(port),
      LOG_LEVEL: 'info',
    }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const path = join(dataDir, 'demo.json');
  await expect.poll(() => existsSync(path), WAIT).toBe(true);
  const readDemo = (): DemoFile => JSON.parse(readFileSync(path, 'utf8'));
  const readyStatus = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return answer?.status;
  };
  return { child, exited, readDemo, readyStatus, printed: () => printed };
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

describe('on a small disk', skipIfMissing(noSmallDisk), () => {
  test('processes restart on a full disk, and no temporary files remain', async () => {
    const disk = await smallDisk(DISK_MB);
    const { child, exited, readDemo, readyStatus, printed } = await startOn(disk.folder);
    const before = readDemo();
    const redisFolder = join(disk.folder, 'redis');
    const redis = new Redis(before.redisUrl, { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    onTestFinished(() => redis.disconnect());
    const redisPid = async () => (await processesWith('--dir', redisFolder)).join();
    const isRedisUp = () =>
      redis.ping().then(
        () => true,
        (error) => /MISCONF/.test(String(error)),
      );
    await expect.poll(readyStatus, WAIT).toBe(200);

    disk.fill();
    for (let round = 0; round < 2; round += 1) {
      const pid = await redisPid();
      kill(Number(pid));
      await expect.poll(redisPid, WAIT).not.toBe(pid);
      await expect.poll(isRedisUp, WAIT).toBe(true);
    }
    const [api, worker] = [before.processes.api[0], before.processes.worker[0]];
    for (const pid of [api, worker]) {
      const identity = findProcess(pid ?? 0);
      kill(pid);
      await expect.poll(() => identity && isRunning(identity), WAIT).toBe(false);
    }
    await expect.poll(readyStatus, WAIT).toBe(200);
    await expect.poll(() => printed(), WAIT).toMatch(/worker-1 is ready again/);
    expect(printed()).not.toMatch(/is taken by/);
    expect(child.exitCode).toBeNull();

    disk.free();
    const demo = () => readDemo().processes;
    await expect.poll(async () => String(demo().redis[0]) === (await redisPid()), WAIT).toBe(true);
    for (const pid of [...demo().api, ...demo().worker]) expect(findProcess(pid)).toBeDefined();
    const processes = demo();
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    for (const pid of Object.values(processes).flat()) expect(findProcess(pid)).toBeUndefined();
    const files = await readdir(disk.folder, { recursive: true });
    expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }, 90_000);
});
