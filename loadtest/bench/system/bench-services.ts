import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnv } from '../../../shared/runtime/env.ts';
import { lockDataDir } from '../../../shared/services/data-lock.ts';
import { startMongodb } from '../../../shared/services/mongodb.ts';
import { recoverOrphan } from '../../../shared/services/processes/recover-orphan.ts';
import { stopAllSpawned } from '../../../shared/services/processes/spawn-service.ts';
import { startRedis } from '../../../shared/services/redis.ts';
import type { RunningService } from '../../../shared/services/start-server.ts';

const STOP_DEADLINE_MS = 15_000;
const LOCK = 'lock.json';
const FOLDERS = { mongod: 'mongodb', redis: 'redis' };

/** The bench's own servers and their data folder. */
export interface BenchServices {
  readonly dataDir: string;
  readonly mongodb: RunningService;
  readonly redis: RunningService;
  /** Stops the servers that this process started and removes their data. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Starts MongoDB and Redis in DATA_DIR/bench. First stops and removes what a killed bench left
 * there.
 * @throws DataInUseError while another bench runs there
 */
export async function startBenchServices(log: (line: string) => void): Promise<BenchServices> {
  const env = readEnv();
  const dataDir = join(env.dataDir, 'bench');
  const lock = await lockDataDir(dataDir);
  for (const [service, name] of Object.entries(FOLDERS)) {
    await recoverOrphan({ dataDir, service, folder: join(dataDir, name), log });
  }
  const stopAll = async () => {
    await stopAllSpawned(STOP_DEADLINE_MS);
    await removeData(dataDir);
    await lock.release();
    // Only if empty: another bench may use it by now.
    for (const folder of ['run', '']) await rmdir(join(dataDir, folder)).catch(() => undefined);
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  try {
    await removeData(dataDir);
    const options = { dataDir, cacheDir: env.cacheDir, log };
    const mongodb = await startMongodb(options);
    return { dataDir, mongodb, redis: await startRedis(options), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Removes everything but the lock. */
async function removeData(dataDir: string): Promise<void> {
  const records = (await readdir(join(dataDir, 'run'))).filter((name) => name !== LOCK);
  const paths = [...Object.values(FOLDERS), 'logs', ...records.map((name) => join('run', name))];
  for (const path of paths) await rm(join(dataDir, path), { recursive: true, force: true });
}

/** Returns the URL of another database on the same server. */
export function databaseUrl(mongodb: RunningService, name: string): string {
  const url = new URL(mongodb.url);
  url.pathname = `/${name}`;
  return url.href;
}
