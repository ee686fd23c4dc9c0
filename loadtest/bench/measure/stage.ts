import { migrate } from '../../../shared/store/migrate.ts';
import { openStore, type Store } from '../../../shared/store/store.ts';
import type { LoadCalls } from '../load/plans.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import type { CpuUse } from '../machine/cpu-meter.ts';
import type { NoopServerCalls, PartCalls } from '../parts/part-calls.ts';
import type { ProcessName } from '../report/report.ts';
import { type Assistant, startAssistant } from '../system/assistant.ts';
import { type BenchServices, databaseUrl } from '../system/bench-services.ts';
import { openBenchShop } from '../system/bench-shop.ts';
import { type BenchedSystem, startSystem } from '../system/benched-system.ts';
import { type Watch, watchAmong } from './watch-among.ts';

/** The result of one measurement in one round. */
export interface Sample {
  readonly operations: number;
  readonly perSecond: number;
  readonly use: CpuUse<ProcessName>;
}

/** The running systems and processes that are measured. All keep running, so they stay warm. */
export interface Stage {
  readonly services: BenchServices;
  readonly generator: Assistant<LoadCalls>;
  readonly batched: BenchedSystem;
  /** A second system with BATCH_MAX=1. */
  readonly single: BenchedSystem;
  readonly noopServer: Assistant<NoopServerCalls>;
  readonly noopUrl: string;
  readonly parts: Assistant<PartCalls>;
  readonly partsStore: Store;
  readonly watch: Watch;
  /** Stops the processes and closes the connections; the servers keep running. */
  close(): Promise<void>;
}

const PARTS = 'parts';

/**
 * Starts both systems and the assistant processes in parallel.
 * @throws Error if a process does not start
 */
export async function setStage(
  services: BenchServices,
  profileFolder: string | undefined,
): Promise<Stage> {
  const [batched, single, generator, noopServer, { parts, partsStore }] = await Promise.all([
    startSystem(services, { name: 'batched', profileFolder }),
    startSystem(services, { name: 'single', batchMax: 1, profileFolder }),
    startLoadGenerator(),
    startAssistant<NoopServerCalls>(new URL('../parts/noop-server.ts', import.meta.url)),
    startParts(services),
  ]);
  const systems = [batched, single];
  const assistants = [generator, noopServer, parts];
  const pids = [
    process.pid,
    ...services.mongodb.pids,
    ...services.redis.pids,
    ...systems.flatMap(({ apiPid, workerPid }) => [apiPid, workerPid]),
    ...assistants.map(({ pid }) => pid),
  ];
  return {
    services,
    generator,
    batched,
    single,
    noopServer,
    noopUrl: await noopServer.call('listen'),
    parts,
    partsStore,
    watch: watchAmong(pids),
    close: async () => {
      for (const assistant of assistants) assistant.stop();
      await Promise.all([partsStore.close(), ...systems.map((system) => system.stop())]);
    },
  };
}

async function startParts(services: BenchServices) {
  const mongodbUrl = databaseUrl(services.mongodb, PARTS);
  const partsStore = await openStore(mongodbUrl);
  await migrate(partsStore);
  const { hot: line, apiKey } = await openBenchShop(partsStore);
  const parts = await startAssistant<PartCalls>(
    new URL('../parts/part-runner.ts', import.meta.url),
  );
  await parts.call('connect', {
    mongodbUrl,
    redisUrl: services.redis.url,
    keyPrefix: PARTS,
    line,
    apiKey,
  });
  return { parts, partsStore };
}
