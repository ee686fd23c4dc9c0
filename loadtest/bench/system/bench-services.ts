import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnv } from '../../../shared/runtime/env.ts';
import { type DataLock, lockDataDir } from '../../../shared/services/data-lock.ts';
import { startMongodb } from '../../../shared/services/mongodb.ts';
import {
  endLeftServers,
  removeServerData,
} from '../../../shared/services/processes/left-servers.ts';
import { stopAllSpawned } from '../../../shared/services/processes/spawn-service.ts';
import { startRedis } from '../../../shared/services/redis.ts';
import type { RunningService, ServiceOptions } from '../../../shared/services/start-server.ts';
import type { CpuUse } from '../machine/cpu-meter.ts';
import {
  type Disturbance,
  describeMachine,
  loadNow,
  type Machine,
  measureDisturbance,
} from '../machine/machine.ts';

const STOP_DEADLINE_MS = 15_000;
/** Signals that stop the bench. The last one means that the parent process has ended. */
const STOP_EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

/** Logs one line about the progress. */
export type Log = (line: string) => void;

/** How the servers are started. */
export interface ServicesOptions {
  /** MongoDB's cache in gigabytes, for each member. */
  readonly cacheGb?: number;
  /** The load average before the bench, for a bench that starts servers several times. */
  readonly loadBefore?: number;
}

/** A server, or several servers that form a replica set or a cluster. */
export interface BenchServer {
  readonly url: string;
  /** The processes of the server, of all members or of all masters. */
  readonly pids: readonly number[];
}

/** The servers of a system. */
export interface Servers {
  readonly mongodb: BenchServer;
  readonly redis: BenchServer;
}

/** The bench's own servers, their data folder and their machine. */
export interface BenchServices extends Servers {
  readonly dataDir: string;
  /** Starts more servers, which are stopped and whose data is removed together with these. */
  readonly serverOptions: ServiceOptions;
  readonly machine: Machine;
  /** Returns the CPU use of other processes during these measurements. */
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
  { cacheGb, loadBefore = loadNow() }: ServicesOptions = {},
): Promise<Report> {
  const env = readEnv();
  const dataDir = join(env.dataDir, 'bench');
  const lock = await lockDataDir(dataDir);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(dataDir, lock);
    return stopped;
  };
  const stopAndExit = () => void stop().finally(() => process.exit(1));
  try {
    for (const event of STOP_EVENTS) process.once(event, stopAndExit);
    await endLeftServers(dataDir, log);
    await removeServerData(dataDir);
    const common = { dataDir, cacheDir: env.cacheDir, log };
    const serverOptions = { ...common, ...(cacheGb !== undefined && { cacheGb }) };
    const mongodb = await startMongodb(serverOptions);
    const redis = await startRedis(serverOptions);
    const machine = describeMachine({ mongod: mongodb.version, redis: redis.version });
    const disturbanceIn: BenchServices['disturbanceIn'] = (uses) =>
      measureDisturbance(loadBefore, machine.cores, uses);
    return await measure({
      ...{ dataDir, serverOptions, machine, disturbanceIn },
      mongodb: toBenchServer(mongodb.url, [mongodb]),
      redis: toBenchServer(redis.url, [redis]),
    });
  } finally {
    await stop();
    // The bench may start servers again, which a signal must then stop.
    for (const event of STOP_EVENTS) process.off(event, stopAndExit);
  }
}

async function stopAll(dataDir: string, lock: DataLock): Promise<void> {
  await stopAllSpawned(STOP_DEADLINE_MS);
  await removeServerData(dataDir);
  await lock.release();
  // `rmdir` removes only an empty folder: another bench may use the data folder by now.
  for (const folder of ['run', '']) await rmdir(join(dataDir, folder)).catch(() => undefined);
}

/** Returns the server that these processes form. `url` reaches it. */
export function toBenchServer(
  url: string,
  processes: readonly Pick<RunningService, 'pid'>[],
): BenchServer {
  return { url, pids: processes.map(({ pid }) => pid) };
}

/** Returns the URL of another database on the same server or replica set. */
export function databaseUrl({ url }: Pick<BenchServer, 'url'>, name: string): string {
  // Not with `URL`, which accepts only one host.
  return url.replace(/^(mongodb:\/\/[^/]+\/)[^?]*/, `$1${name}`);
}
