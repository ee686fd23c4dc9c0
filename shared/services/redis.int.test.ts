import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { startRedis } from './redis.ts';
import type { RunningService } from './start-server.ts';

const { cacheDir } = readEnv();

async function start(dataDir: string): Promise<{ service: RunningService; redis: Redis }> {
  const service = await startRedis({ dataDir, cacheDir, log: () => undefined });
  const redis = new Redis(service.url, { retryStrategy: () => null });
  redis.on('error', () => undefined);
  onTestFinished(async () => {
    redis.disconnect();
    await service.stop();
  });
  return { service, redis };
}

async function killNow({ pid, exited }: RunningService): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await exited;
}

test('Redis has an append-only file, never evicts data, and listens on loopback', async () => {
  const { redis } = await start(await temporaryFolder());
  const settings = await redis.config('GET', 'maxmemory-policy');
  expect(settings).toEqual(['maxmemory-policy', 'noeviction']);
  expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  expect(await redis.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
  expect(await redis.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
});

test('after kill -9 Redis serves the same data at the same address', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await first.redis.set('kept', 'yes');
  await killNow(first.service);
  const second = await start(dataDir);
  expect(second.service.url).toBe(first.service.url);
  expect(await second.redis.get('kept')).toBe('yes');
});

test('Redis starts with an append-only file whose last command is cut off', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await first.redis.set('kept', 'yes');
  const [, file = ''] = (await first.redis.config('GET', 'appendfilename')) as string[];
  const [, folder] = (await first.redis.config('GET', 'appenddirname')) as string[];
  await killNow(first.service);
  // Redis 7 keeps several files in a folder and appends to the last file.
  const path = folder ? join('redis', folder, `${file}.1.incr.aof`) : join('redis', file);
  await appendFile(join(dataDir, path), '*3\r\n$3\r\nSET\r\n$3\r\nha');
  const second = await start(dataDir);
  expect(await second.redis.get('kept')).toBe('yes');
});
