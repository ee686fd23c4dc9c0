import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { startRedis } from '../services/redis.ts';
import type { RunningService } from '../services/start-server.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

/** A Redis that a test file may freeze and kill. Its address stays the same. */
export interface OwnRedis {
  readonly url: string;
  /** Freezes the process with its sockets open until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Kills the process. Data that is not yet on disk is lost. */
  kill(): Promise<void>;
  /** Restarts the process with the same data. */
  restart(): Promise<void>;
}

/** Starts a Redis for the calling test file only, and stops it after the file's tests. */
export function ownRedis(): OwnRedis {
  let dataDir = '';
  let service: RunningService | undefined;
  const running = (): RunningService => {
    if (service === undefined) throw new Error('this Redis has not been started');
    return service;
  };
  const start = async () => {
    const port = service === undefined ? {} : { port: service.port };
    const { cacheDir } = readEnv();
    service = await startRedis({ dataDir, cacheDir, log: () => undefined, ...port });
  };
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
    await start();
  });
  afterAll(async () => {
    await service?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    get url() {
      return running().url;
    },
    freeze: () => void process.kill(running().pid, 'SIGSTOP'),
    thaw: () => void process.kill(running().pid, 'SIGCONT'),
    kill: async () => {
      process.kill(running().pid, 'SIGKILL');
      await running().exited;
    },
    restart: start,
  };
}
