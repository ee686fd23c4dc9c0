import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMongod } from './binaries/mongod.ts';
import { becomePrimary, MONGODB_REPLICA_SET } from './mongodb-replica-set.ts';
import { isListening } from './processes/ports.ts';
import { untilReady } from './processes/spawn-service.ts';
import { type RunningService, type ServiceOptions, startServer } from './start-server.ts';

/** How long an abandoned transaction may block the stock documents it wrote. */
const TRANSACTION_LIFETIME_S = 3;
const LISTEN_TIMEOUT_MS = 60_000;

/** Starts MongoDB as a replica set of one member, with its data in DATA_DIR/mongodb. */
export async function startMongodb(options: ServiceOptions): Promise<RunningService> {
  return startServer(options, {
    ...(await toMember(options)),
    name: 'mongod',
    folderName: 'mongodb',
    prepare: becomePrimary,
  });
}

/**
 * Starts a member of a replica set, which the caller has to initiate.
 * @param name the name of its log and of its folder in DATA_DIR
 */
export async function startMember(options: ServiceOptions, name: string): Promise<RunningService> {
  return startServer(options, {
    ...(await toMember(options)),
    name,
    folderName: name,
    prepare: (service, port) =>
      untilReady(service, { isReady: () => isListening(port), timeoutMs: LISTEN_TIMEOUT_MS }),
  });
}

async function toMember(options: ServiceOptions) {
  return {
    binary: await findMongod(options),
    folderOption: '--dbpath',
    readPid: readLockFile,
    args: (folder: string, port: number) => mongodArguments(folder, port, options.cacheGb ?? 2),
    url: (port: number) => toMongodbUrl([port]),
    stopDeadlineMs: 20_000,
  };
}

/** Returns the URL of a replica set with members on these ports. */
export function toMongodbUrl(ports: readonly number[]): string {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  return `mongodb://${hosts}/lastunit?replicaSet=${MONGODB_REPLICA_SET}`;
}

function mongodArguments(folder: string, port: number, cacheGb: number): string[] {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_S,
    // On SIGTERM a primary waits this long for another member to take over. Without other members,
    // it waits in vain.
    shutdownTimeoutMillisForSignaledShutdown: 200,
    // Otherwise mongod samples its state once a second, which costs a small machine too much CPU.
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
