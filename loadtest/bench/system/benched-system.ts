import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import { readSearchLag } from '../../../shared/search/read-lag.ts';
import { API_NODE_ARGS } from '../../../shared/services/processes/api-node-args.ts';
import { startNodeProcess } from '../../../shared/services/processes/node-process.ts';
import { freePort } from '../../../shared/services/processes/ports.ts';
import { migrate } from '../../../shared/store/migrate.ts';
import { openStore, type Store } from '../../../shared/store/store.ts';
import type { CpuUse, Processes } from '../machine/cpu-meter.ts';
import type { Disturbance, Machine } from '../machine/machine.ts';
import {
  type BenchServices,
  databaseUrl,
  type Log,
  type Servers,
  type ServicesOptions,
  withBenchServices,
} from './bench-services.ts';
import { type BenchShop, openBenchShop } from './bench-shop.ts';

const STOP_DEADLINE_MS = 15_000;
const DRAINED_POLL_MS = 20;
const DAY_S = 86_400;

/** The operator of all benched systems. */
const BENCH_OPERATOR = { username: 'bench', password: 'watches the bench' } as const;
/** The login of the operator, as the value of `Authorization`. */
export const OPERATOR_LOGIN = `Basic ${Buffer.from(
  `${BENCH_OPERATOR.username}:${BENCH_OPERATOR.password}`,
).toString('base64')}`;

/** Reads the records of a system with the code of the revision that wrote them. */
export interface SystemRecord {
  /** Waits until each checkout has an outcome. Returns false if that takes too long. */
  untilDrained(): Promise<boolean>;
  /** Returns by how many milliseconds the search lags; 0 in a revision without a search. */
  searchLagMs(): Promise<number>;
  takeVerdict(): Promise<Verdict>;
}

/** An API and a worker in processes of their own, with their own database and queues. */
export interface BenchedSystem extends SystemRecord {
  readonly name: string;
  readonly apiUrl: string;
  readonly store: Store;
  readonly shop: BenchShop;
  readonly apiPid: number;
  readonly workerPid: number;
  /** Other systems may share these servers. */
  readonly servers: Servers;
  /** Stops only the worker, whose verdict would otherwise read everything that a bench stores. */
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

interface SystemOptions {
  /** Also the name of the database and the queues. Lower-case letters. */
  readonly name: string;
  readonly batchMax?: number;
  /** By default the value of PARTITIONS in the environment of the bench. */
  readonly partitions?: number;
  /** The folder for V8 CPU profiles of the API and the worker; none by default. */
  readonly profileFolder?: string | undefined;
  /** Called before the API and the worker start. */
  readonly prepare?: (store: Store, shop: BenchShop) => Promise<void>;
}

/**
 * Starts an API and a worker on a new database with a shop.
 * @throws Error if the API or the worker does not become ready
 */
export async function startSystem(
  services: BenchServices,
  { name, batchMax, partitions, profileFolder, prepare }: SystemOptions,
): Promise<BenchedSystem> {
  const mongodbUrl = databaseUrl(services.mongodb, name);
  const store = await openStore(mongodbUrl);
  await migrate(store);
  const shop = await openBenchShop(store);
  await prepare?.(store, shop);
  const port = await freePort();
  const env = {
    MONGODB_URL: mongodbUrl,
    REDIS_URL: services.redis.url,
    KEY_PREFIX: name,
    HOST: '127.0.0.1',
    PORT: String(port),
    OPS_USERNAME: BENCH_OPERATOR.username,
    OPS_PASSWORD: BENCH_OPERATOR.password,
    OPS_BOARD_WRITABLE: 'true',
    LOG_LEVEL: 'warn',
    NODE_ENV: 'development',
    RESERVATION_TTL_S: String(DAY_S),
    // Limits are checked as usual but are never reached.
    KEY_REQUESTS_PER_MINUTE: '100000000',
    ADDRESS_REQUESTS_PER_MINUTE: '100000000',
    ...(batchMax !== undefined && { BATCH_MAX: String(batchMax) }),
    ...(partitions !== undefined && { PARTITIONS: String(partitions) }),
  };
  const start = (role: 'api' | 'worker') =>
    startNodeProcess({
      dataDir: services.dataDir,
      name: `${name}-${role}`,
      script: `${role}/main.ts`,
      env,
      nodeArgs: [
        ...(role === 'api' ? API_NODE_ARGS : []),
        ...(profileFolder === undefined ? [] : toProfilingFlags(profileFolder, `${name}-${role}`)),
      ],
    });
  const [api, worker] = await Promise.all([start('api'), start('worker')]);
  const stopWorker = () => worker.stop(STOP_DEADLINE_MS);
  return {
    name,
    apiUrl: `http://127.0.0.1:${port}`,
    store,
    shop,
    apiPid: api.identity.pid,
    workerPid: worker.identity.pid,
    servers: services,
    stopWorker,
    ...toSystemRecord(store, { waitUntilDrained, readSearchLag, takeVerdict }),
    stop: async () => {
      await store.close();
      await Promise.all([api.stop(STOP_DEADLINE_MS), stopWorker()]);
    },
  };
}

/** A revision's functions that read the records of a system. */
interface RecordReaders {
  readonly waitUntilDrained: typeof waitUntilDrained;
  /** Absent in a revision without a search. */
  readonly readSearchLag: typeof readSearchLag | undefined;
  readonly takeVerdict: typeof takeVerdict;
}

/**
 * Returns the functions that read the records in a store.
 * @param readers functions of the revision that wrote the records
 */
export function toSystemRecord(store: Store, readers: RecordReaders): SystemRecord {
  return {
    untilDrained: () => readers.waitUntilDrained(store, { pollMs: DRAINED_POLL_MS }),
    searchLagMs: async () => readers.readSearchLag?.(store, new Date()) ?? 0,
    takeVerdict: () => readers.takeVerdict(store, { drained: true }),
  };
}

function toProfilingFlags(folder: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

/** The processes whose CPU time is measured in a bench of a single system. */
export type MeasuredProcess = 'api' | 'mongod' | 'redis';

/** The fields that the reports of all benches of a single system share. */
export interface SystemReport {
  readonly at: string;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
}

interface Measurement<Figures> {
  readonly figures: Figures;
  /** The CPU use of every measurement, from which the disturbance is computed. */
  readonly uses: readonly CpuUse<MeasuredProcess>[];
}

/** Starts servers, an API and a worker, measures, and stops everything. */
export async function onBenchedSystem<Figures>(
  name: string,
  log: Log,
  measure: (
    system: BenchedSystem,
    processes: Processes<MeasuredProcess>,
  ) => Promise<Measurement<Figures>>,
  servicesOptions: ServicesOptions = {},
): Promise<SystemReport & Figures> {
  const run = async (services: BenchServices) => {
    log('starting an API and a worker');
    const system = await startSystem(services, { name });
    const { mongodb, redis, machine } = services;
    try {
      const { figures, uses } = await measure(system, {
        measured: { api: system.apiPid, mongod: mongodb.pids, redis: redis.pids },
        others: [process.pid, system.workerPid],
      });
      const at = new Date().toISOString();
      return { at, machine, disturbance: services.disturbanceIn(uses), ...figures };
    } finally {
      await system.stop();
    }
  };
  return withBenchServices(log, run, servicesOptions);
}
