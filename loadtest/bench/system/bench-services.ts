import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnv } from '../../../shared/runtime/env.ts';
import { type DataLock, lockDataDir } from '../../../shared/services/data-lock.ts';
import { startMongodb } from '../../../shared/services/mongodb.ts';
import { recoverOrphan } from '../../../shared/services/processes/recover-orphan.ts';
import { stopAllSpawned } from '../../../shared/services/processes/spawn-service.ts';
import { startRedis } from '../../../shared/services/redis.ts';
import type { RunningService } from '../../../shared/services/start-server.ts';
import type { CpuUse } from '../machine/cpu-meter.ts';
import {
  type Disturbance,
  describeMachine,
  loadNow,
  type Machine,
  measureDisturbance,
} from '../machine/machine.ts';

const STOP_DEADLINE_MS = 15_000;
const LOCK = 'lock.json';
const FOLDERS = { mongod: 'mongodb', redis: 'redis' };
/** Signals that stop the bench. The last one means that the parent process has ended. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

/** Takes one line about the progress. */
export type Log = (line: string) => void;

/** Sizes of the servers. */
export interface ServiceSizes {
  /** MongoDB's cache. */
  readonly cacheGb?: number;
}

/** The bench's own servers, their data folder and their machine. */
export interface BenchServices {
  readonly dataDir: string;
  readonly mongodb: RunningService;
  readonly redis: RunningService;
  readonly machine: Machine;
  /** Returns what other processes used during these measurements. */
  disturbanceIn(uses: readonly CpuUse<string>[]): Disturbance;
}

/**
 * Runs `measure` with a MongoDB and a Redis in DATA_DIR/bench. Stops them and removes their data
 * afterwards and on a signal. First stops and removes what a killed bench left there.
 * @throws DataInUseError while another bench runs there
 */
export async function withBenchServices<Report>(
  log: Log,
  measure: (services: BenchServices) => Promise<Report>,
  { cacheGb }: ServiceSizes = {},
): Promise<Report> {
  const loadBefore = loadNow();
  const env = readEnv();
  const dataDir = join(env.dataDir, 'bench');
  const lock = await lockDataDir(dataDir);
  for (const [service, name] of Object.entries(FOLDERS)) {
    await recoverOrphan({ dataDir, service, folder: join(dataDir, name), log });
  }
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(dataDir, lock);
    return stopped;
  };
  const giveUp = () => void stop().finally(() => process.exit(1));
  try {
    await removeData(dataDir);
    const options = { dataDir, cacheDir: env.cacheDir, log };
    const mongodb = await startMongodb({ ...options, ...(cacheGb !== undefined && { cacheGb }) });
    const redis = await startRedis(options);
    for (const event of ENDS) process.once(event, giveUp);
    const machine = describeMachine({ mongod: mongodb.version, redis: redis.version });
    const disturbanceIn: BenchServices['disturbanceIn'] = (uses) =>
      measureDisturbance(loadBefore, machine.cores, uses);
    return await measure({ dataDir, mongodb, redis, machine, disturbanceIn });
  } finally {
    await stop();
  }
}

async function stopAll(dataDir: string, lock: DataLock): Promise<void> {
  await stopAllSpawned(STOP_DEADLINE_MS);
  await removeData(dataDir);
  await lock.release();
  // Only if empty: another bench may use it by now.
  for (const folder of ['run', '']) await rmdir(join(dataDir, folder)).catch(() => undefined);
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
