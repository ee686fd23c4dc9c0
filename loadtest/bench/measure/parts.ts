import { randomUUID } from 'node:crypto';
import type { CpuUse } from '../machine/cpu-meter.ts';
import type { ProcessName } from '../report/report.ts';
import type { Sample } from './samples.ts';
import type { Stage } from './stage.ts';

const POSTING_S_MAX = 60;

interface Part {
  readonly name: string;
  readonly isOnTheRoad: boolean;
  readonly measure: (stage: Stage, options: PartOptions) => Promise<Sample>;
}

interface PartOptions {
  readonly operations: number;
  readonly connections: number;
}

const INTENTS = 'intents: journaled bulk inserts';

/**
 * The parts of a checkout's path in order: each part works on the results of the previous one. A
 * part's CPU time is attributed to the process that does the work in the real system.
 */
export const PARTS: readonly Part[] = [
  { name: 'HTTP: POST that does nothing', isOnTheRoad: true, measure: measureHttp },
  {
    name: INTENTS,
    isOnTheRoad: true,
    measure: (stage, { operations }) =>
      timed(2 * operations, stage.watch(inProcess(stage, 'api', 'mongod')), () =>
        stage.parts.call('insertIntents', null),
      ),
  },
  {
    name: 'jobs: addBulk',
    isOnTheRoad: true,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'api', 'redis')), () =>
        stage.parts.call('addJobs', null),
      ),
  },
  {
    name: 'jobs: taken and completed, nothing done',
    isOnTheRoad: true,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'worker', 'redis')), () =>
        stage.parts.call('runJobs', null),
      ),
  },
  {
    name: 'transactions of 256, without locks',
    isOnTheRoad: false,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'worker', 'mongod')), () =>
        stage.parts.call('settleUnlocked', null),
      ),
  },
  {
    name: 'transactions of 256, under the product’s lock',
    isOnTheRoad: true,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'worker', 'mongod', 'redis')), () =>
        stage.parts.call('settleLocked', null),
      ),
  },
  {
    name: 'authentication: by key',
    isOnTheRoad: false,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'api', 'redis')), () =>
        stage.parts.call('authenticateByKey', null),
      ),
  },
  {
    name: 'authentication: by key and signature',
    isOnTheRoad: false,
    measure: (stage, { operations }) =>
      timed(operations, stage.watch(inProcess(stage, 'api', 'redis')), () =>
        stage.parts.call('authenticateBySignature', null),
      ),
  },
];

/** Measures every part once, in order. */
export async function measureParts(stage: Stage, options: PartOptions): Promise<Sample[]> {
  await stage.parts.call('prepare', options.operations);
  const samples: Sample[] = [];
  for (const part of PARTS) samples.push(await part.measure(stage, options));
  await stage.parts.call('tidy', null);
  return samples;
}

/** Checkouts that measuring the parts stores and settles. */
export function storedBy(samples: readonly Sample[]): number {
  return samples[PARTS.findIndex(({ name }) => name === INTENTS)]?.operations ?? 0;
}

async function measureHttp(
  stage: Stage,
  { operations, connections }: PartOptions,
): Promise<Sample> {
  const { generator, noopServer, noopUrl, batched } = stage;
  const { apiKey, hot } = batched.shop;
  const plan = {
    apiUrl: noopUrl,
    apiKey,
    variantIds: [hot.variantId],
    runId: randomUUID(),
    checkouts: operations,
    connections,
    secondsMax: POSTING_S_MAX,
  };
  const watched = stage.watch({ client: generator.pid, api: noopServer.pid });
  return timed(operations, watched, async () => {
    const { failures } = await generator.call('closed', plan);
    if (failures.count > 0) throw new Error(`a POST that does nothing failed: ${failures.first}`);
  });
}

/** Attributes the part runner's CPU time to `role`, and adds the servers that it uses. */
function inProcess(stage: Stage, role: 'api' | 'worker', ...servers: ('mongod' | 'redis')[]) {
  const pids = { mongod: stage.services.mongodb.pid, redis: stage.services.redis.pid };
  const used = servers.map((server) => [server, pids[server]] as const);
  return { [role]: stage.parts.pid, ...Object.fromEntries(used) };
}

async function timed(
  operations: number,
  stop: () => CpuUse<ProcessName>,
  work: () => Promise<unknown>,
): Promise<Sample> {
  await work();
  const use = stop();
  return { operations, perSecond: operations / use.wallSeconds, use };
}
