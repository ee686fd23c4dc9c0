import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMongod } from './binaries/mongod.ts';
import type { Log } from './log.ts';
import { becomePrimary, MONGODB_REPLICA_SET } from './mongodb-replica-set.ts';
import { portOr } from './processes/ports.ts';
import { recoverOrphan } from './processes/recover-orphan.ts';
import { readRunRecord } from './processes/run-record.ts';
import { type Exit, spawnService } from './processes/spawn-service.ts';

const STOP_DEADLINE_MS = 20_000;

/** How long an abandoned transaction may hold the stock documents it wrote. */
const TRANSACTION_LIFETIME_S = 3;

/** A server we started, on loopback. `stop` ends it cleanly and leaves its data. */
export type RunningService = {
  url: string;
  port: number;
  pid: number;
  version: string;
  /** Where its program came from, for people. */
  source: string;
  exited: Promise<Exit>;
  stop: (deadlineMs?: number) => Promise<void>;
};

/** Where a service keeps its things. `port` is tried first; else the last one is, then a free one. */
export type ServiceOptions = {
  dataDir: string;
  cacheDir: string;
  log: Log;
  port?: number;
  cacheGb?: number;
};

/** Starts MongoDB as a replica set of one, with its data in DATA_DIR/mongodb. */
export async function startMongodb(options: ServiceOptions): Promise<RunningService> {
  const { dataDir, log } = options;
  const binary = await findMongod(options);
  const folder = join(dataDir, 'mongodb');
  await mkdir(folder, { recursive: true });
  const pidInFolder = await pidInLockFile(folder);
  await recoverOrphan({
    dataDir,
    service: 'mongod',
    folder,
    pidInFolder,
    folderOption: '--dbpath',
    log,
  });
  const last = await readRunRecord(dataDir, 'mongod');
  const port = await portOr(options.port ?? last?.port);
  const service = await spawnService({
    dataDir,
    name: 'mongod',
    binary: binary.path,
    args: mongodArguments({ folder, port, cacheGb: options.cacheGb ?? 2 }),
    port,
    log,
  });
  await becomePrimary(service, port).catch(async (error: unknown) => {
    await service.stop(STOP_DEADLINE_MS);
    throw error;
  });
  return {
    url: `mongodb://127.0.0.1:${port}/lastunit?replicaSet=${MONGODB_REPLICA_SET}`,
    port,
    pid: service.identity.pid,
    version: binary.version,
    source: binary.source,
    exited: service.exited,
    stop: (deadlineMs = STOP_DEADLINE_MS) => service.stop(deadlineMs),
  };
}

/** The options of a mongod on loopback that journals and keeps its data in `folder`. */
function mongodArguments(node: { folder: string; port: number; cacheGb: number }): string[] {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_S,
    // On SIGTERM a replica set member waits this long for others to take over; there are none.
    shutdownTimeoutMillisForSignaledShutdown: 200,
    // Its once-a-second samples cost the two cores of a small machine more than they tell here.
    diagnosticDataCollectionEnabled: false,
  };
  return [
    ...['--dbpath', node.folder, '--port', String(node.port), '--bind_ip', '127.0.0.1'],
    ...['--replSet', MONGODB_REPLICA_SET, '--oplogSize', '1024', '--quiet', '--nounixsocket'],
    ...['--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', String(node.cacheGb)],
    ...Object.entries(parameters).flatMap(([name, value]) => [
      '--setParameter',
      `${name}=${value}`,
    ]),
  ];
}

async function pidInLockFile(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'mongod.lock'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || undefined;
}
