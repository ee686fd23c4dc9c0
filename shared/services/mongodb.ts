import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMongod } from './binaries/mongod.ts';
import { becomePrimary, MONGODB_REPLICA_SET } from './mongodb-replica-set.ts';
import { type RunningService, type ServiceOptions, startServer } from './start-server.ts';

/** How long an abandoned transaction may block the stock documents it wrote. */
const TRANSACTION_LIFETIME_S = 3;

/** Starts MongoDB as a replica set of one member, with its data in DATA_DIR/mongodb. */
export async function startMongodb(options: ServiceOptions): Promise<RunningService> {
  return startServer(options, {
    name: 'mongod',
    binary: await findMongod(options),
    folderName: 'mongodb',
    folderOption: '--dbpath',
    readPid: readLockFile,
    args: (folder, port) => mongodArguments(folder, port, options.cacheGb ?? 2),
    prepare: becomePrimary,
    url: (port) => `mongodb://127.0.0.1:${port}/lastunit?replicaSet=${MONGODB_REPLICA_SET}`,
    stopDeadlineMs: 20_000,
  });
}

function mongodArguments(folder: string, port: number, cacheGb: number): string[] {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_S,
    // On SIGTERM a member waits this long for another to take over; here there is none.
    shutdownTimeoutMillisForSignaledShutdown: 200,
    // Its samples, once a second, cost a small machine too much CPU.
    diagnosticDataCollectionEnabled: false,
  };
  return [
    ...['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1'],
    ...['--replSet', MONGODB_REPLICA_SET, '--oplogSize', '1024', '--quiet', '--nounixsocket'],
    ...['--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', String(cacheGb)],
    ...Object.entries(parameters).flatMap(([name, value]) => [
      '--setParameter',
      `${name}=${value}`,
    ]),
  ];
}

async function readLockFile(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'mongod.lock'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || undefined;
}
