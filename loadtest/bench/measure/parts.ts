import { randomUUID } from 'node:crypto';
import type { Pids } from '../machine/cpu-meter.ts';
import type { PartName } from '../parts/part-calls.ts';
import type { ProcessName } from '../report/report.ts';
import type { Sample, Stage } from './stage.ts';

const POSTING_S_MAX = 60;

interface Part {
  readonly name: string;
  /** Whether the part counts towards a checkout's cost; other parts are for comparison. */
  readonly isOnPath: boolean;
  readonly runs: PartName | 'post';
  /** The processes that do this work in the real system. */
  readonly processes: readonly ProcessName[];
}

interface PartOptions {
  readonly operations: number;
  readonly connections: number;
}

/**
 * The parts of a checkout's path, in the order in which they are measured. `addJobs`, `runJobs` and
 * the transactions work on the results of earlier parts.
 */
export const PARTS: readonly Part[] = [
  {
    name: 'HTTP: POST that does nothing',
    isOnPath: true,
    runs: 'post',
    processes: ['client', 'api'],
  },
  {
    name: 'intents: journaled bulk inserts',
    isOnPath: true,
    runs: 'insertIntents',
    processes: ['api', 'mongod'],
  },
  { name: 'jobs: addBulk', isOnPath: true, runs: 'addJobs', processes: ['api', 'redis'] },
  {
    name: 'jobs: taken and completed, nothing done',
    isOnPath: true,
    runs: 'runJobs',
    processes: ['worker', 'redis'],
  },
  {
    name: 'transactions of 256, without locks',
    isOnPath: false,
    runs: 'settleUnlocked',
    processes: ['worker', 'mongod'],
  },
  {
    name: 'transactions of 256, under the product’s lock',
    isOnPath: true,
    runs: 'settleLocked',
    processes: ['worker', 'mongod', 'redis'],
  },
  {
    name: 'authentication: by key',
    isOnPath: false,
    runs: 'authenticateByKey',
    processes: ['api', 'redis'],
  },
  {
    name: 'authentication: by key and signature',
    isOnPath: false,
    runs: 'authenticateBySignature',
    processes: ['api', 'redis'],
  },
];

/** Measures every part once, in order. */
export async function measureParts(stage: Stage, options: PartOptions): Promise<Sample[]> {
  await stage.parts.call('prepare', options.operations);
  const samples: Sample[] = [];
  for (const part of PARTS) samples.push(await measurePart(stage, part, options));
  await stage.parts.call('tidy');
  return samples;
}

/** Returns how many checkouts the parts stored and settled in one round. */
export function countStored(samples: readonly Sample[]): number {
  return samples[PARTS.findIndex(({ runs }) => runs === 'insertIntents')]?.operations ?? 0;
}

async function measurePart(stage: Stage, part: Part, options: PartOptions): Promise<Sample> {
  const { generator, noopServer, parts, services } = stage;
  const pids: Readonly<Record<ProcessName, Pids>> = {
    client: generator.pid,
    api: part.runs === 'post' ? noopServer.pid : parts.pid,
    redis: services.redis.pids,
    worker: parts.pid,
    mongod: services.mongodb.pids,
  };
  const stop = stage.watch(Object.fromEntries(part.processes.map((name) => [name, pids[name]])));
  const operations = await runPart(stage, part, options);
  const use = stop();
  return { operations, perSecond: operations / use.wallSeconds, use };
}

/** Runs a part, and returns how many operations it did. */
async function runPart(stage: Stage, { runs }: Part, options: PartOptions): Promise<number> {
  if (runs === 'post') return postNothing(stage, options);
  await stage.parts.call('run', runs);
  return runs === 'insertIntents' ? 2 * options.operations : options.operations;
}

/** Posts as many checkouts as are wanted, or as fit into 60 s, and returns how many. */
async function postNothing(stage: Stage, options: PartOptions): Promise<number> {
  const { apiKey, hot } = stage.batched.shop;
  const { accepted, failures } = await stage.generator.call('closed', {
    apiUrl: stage.noopUrl,
    apiKey,
    variantIds: [hot.variantId],
    runId: randomUUID(),
    checkouts: options.operations,
    connections: options.connections,
    secondsMax: POSTING_S_MAX,
  });
  if (failures.count > 0) throw new Error(`a POST that does nothing failed: ${failures.first}`);
  return accepted;
}
