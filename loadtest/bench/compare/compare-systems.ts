import { pause } from '../../../shared/runtime/deadline.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { processSeconds } from '../machine/cpu-times.ts';
import type { Disturbance, Machine } from '../machine/machine.ts';
import { toLoopStage } from '../measure/loop-stage.ts';
import {
  type LoopStage,
  measureClosedLoop,
  measureLatency,
  toTarget,
  watch,
} from '../measure/loops.ts';
import type { Sample } from '../measure/stage.ts';
import type { BenchOptions } from '../options.ts';
import { awaitedReport, latencyReport, loopReport } from '../report/assemble.ts';
import { PROCESSES } from '../report/report.ts';
import type { BenchServices, Log } from '../system/bench-services.ts';
import type { BenchedSystem } from '../system/benched-system.ts';
import { type Comparison, compare, type Figures, type Pair } from './compare.ts';

/**
 * CPU use is measured over this time. It covers a batch of the worker's verdict and the rest after
 * it, if the batch takes at most 200 ms.
 */
const IDLE_WINDOW_MS = 1_000;
const IDLE_WAIT_MS_MAX = 10_000;
/** Two idle systems use less than this for polling. Each further member of MongoDB uses more. */
const IDLE_CORES_MAX = 0.25;
const IDLE_CORES_PER_MEMBER = 0.015;
const PROCESSES_OF_PLAIN_SYSTEMS = 5;

/** The sizes of a comparison. */
export type CompareOptions = Pick<
  BenchOptions,
  'pairs' | 'checkouts' | 'connections' | 'rate' | 'rateSeconds' | 'warmUpCheckouts'
>;

/** The result of a comparison. */
export interface ComparedSystems {
  readonly pairs: number;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
  /** Whether all accepted checkouts of both systems were placed and both verdicts are ok. */
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly figures: readonly Comparison[];
}

/** Functions that start the two systems. */
type Starts = Readonly<Record<keyof Pair, () => Promise<BenchedSystem>>>;

/** One of the two systems, and what was measured with it. */
interface Side {
  readonly system: BenchedSystem;
  /** Whether its POST can wait for the outcome. */
  readonly waitsInPost: boolean;
  readonly samples: Sample[];
  /** Checkouts accepted while nothing was measured. */
  readonly unmeasured: number;
}

/**
 * Starts two systems and measures them alternately in short rounds, because the speed of a machine
 * changes within minutes. Takes their verdicts and stops them.
 * @throws Error if a system does not start, or if a checkout is not accepted or settled
 */
export async function compareSystems(
  services: BenchServices,
  starts: Starts,
  options: CompareOptions,
  log: Log,
): Promise<ComparedSystems> {
  const generator = await startLoadGenerator();
  const systems: BenchedSystem[] = [];
  try {
    const systemBefore = await starts.before();
    systems.push(systemBefore);
    const systemAfter = await starts.after();
    systems.push(systemAfter);
    const stage = toLoopStage(services, generator, systems);
    const before = await warmUp(stage, systemBefore, options, log);
    const after = await warmUp(stage, systemAfter, options, log);
    const figures = compare(await measurePairs(stage, { before, after }, options, log));
    log('taking the verdicts');
    const problems = [...(await judge(before)), ...(await judge(after))];
    const uses = [...before.samples, ...after.samples].map(({ use }) => use);
    return {
      ...{ pairs: options.pairs, machine: services.machine },
      disturbance: services.disturbanceIn(uses),
      ...{ ok: problems.length === 0, problems, figures },
    };
  } finally {
    generator.stop();
    await Promise.all(systems.map((system) => system.stop()));
  }
}

async function warmUp(
  stage: LoopStage,
  system: BenchedSystem,
  { connections, warmUpCheckouts: checkouts }: CompareOptions,
  log: Log,
): Promise<Side> {
  const loop = { system, connections, checkouts };
  const hot = await measureClosedLoop(stage, { ...loop, variants: 'hot' });
  const spread = await measureClosedLoop(stage, { ...loop, variants: 'spread' });
  const waitsInPost = await findWhetherPostWaits(stage, system);
  if (!waitsInPost)
    log(`the POST of ${system.name} does not wait for the outcome: a GET follows each POST`);
  return { system, waitsInPost, samples: [], unmeasured: hot.operations + spread.operations + 1 };
}

/**
 * Posts one checkout that waits for its outcome; older revisions answer 202 at once.
 * @throws Error if it is not accepted
 */
async function findWhetherPostWaits(stage: LoopStage, system: BenchedSystem): Promise<boolean> {
  const plan = { ...toTarget(system, 'hot'), rate: 1, checkouts: 1, isOneRequest: true };
  const { failures } = await stage.generator.call('open', plan);
  if (failures.count === 0) return true;
  if (failures.first?.startsWith('202 ')) return false;
  throw new Error(`${system.name}: a checkout was not accepted: ${failures.first}`);
}

type Sides = Readonly<Record<keyof Pair, Side>>;
/** Measures some of the figures of one system. */
type Step = (side: Side) => Promise<Figures>;

async function measurePairs(
  stage: LoopStage,
  sides: Sides,
  options: CompareOptions,
  log: Log,
): Promise<Pair[]> {
  const untilBothIdle = () => untilIdle(busyPids(sides), log);
  const steps = planSteps(stage, options, untilBothIdle);
  const pairs: Pair[] = [];
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    const measured: Record<keyof Pair, Figures> = { before: {}, after: {} };
    for (const step of steps) {
      // Alternates the order, so that neither system always runs on the warmer machine.
      for (const name of pair % 2 === 1 ? ORDER : REVERSED) {
        await untilBothIdle();
        measured[name] = { ...measured[name], ...(await step(sides[name])) };
      }
    }
    pairs.push(measured);
    const comparisons = compare([measured]);
    const ratio = (name: string) => comparisons.find((figure) => figure.name === name)?.ratio;
    const shown = ['HOT', 'SPREAD'].map((name) => `${name} × ${ratio(name)?.toFixed(2)}`);
    log(`pair ${pair} of ${options.pairs}: ${shown.join(', ')}`);
  }
  return pairs;
}

function planSteps(
  stage: LoopStage,
  { checkouts, connections, rate, rateSeconds: seconds }: CompareOptions,
  untilBothIdle: () => Promise<void>,
): Step[] {
  const closed = (variants: 'hot' | 'spread') => async (side: Side) => {
    const { system } = side;
    const stop = watch(stage, system);
    const sample = await measureClosedLoop(stage, { system, variants, checkouts, connections });
    side.samples.push(sample);
    await untilBothIdle();
    const later = toSeconds(stop()) - toSeconds(sample.use);
    return {
      [variants]: { ...loopReport([sample]), laterMicros: (later * 1_000_000) / sample.operations },
    };
  };
  const open = async (side: Side, isOneRequest: boolean) => {
    const sample = await measureLatency(stage, side.system, { rate, isOneRequest, seconds });
    side.samples.push(sample);
    return [sample];
  };
  return [
    closed('hot'),
    closed('spread'),
    async (side) => ({ latency: latencyReport(await open(side, false)) }),
    async (side) => ({ oneRequest: awaitedReport(await open(side, side.waitsInPost)) }),
  ];
}

const ORDER = ['before', 'after'] as const;
const REVERSED = ['after', 'before'] as const;

/** Returns the CPU seconds of all measured processes. */
function toSeconds({ seconds }: Sample['use']): number {
  return PROCESSES.reduce((sum, name) => sum + seconds[name], 0);
}

/** Returns the processes that may still be busy after the last outcome of a system. */
function busyPids({ before, after }: Sides): number[] {
  const pids = [before.system, after.system].flatMap(({ apiPid, workerPid, servers }) => [
    ...[apiPid, workerPid, ...servers.mongodb.pids],
  ]);
  // Systems may share a server.
  return [...new Set(pids)];
}

/**
 * Waits until these processes use little CPU. After a round a worker still reads the
 * changes for its verdict, which would slow the next round of the other system.
 */
async function untilIdle(pids: readonly number[], log: Log): Promise<void> {
  const seconds = () => pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
  const members = Math.max(0, pids.length - PROCESSES_OF_PLAIN_SYSTEMS);
  const idleMsMax = (IDLE_CORES_MAX + IDLE_CORES_PER_MEMBER * members) * IDLE_WINDOW_MS;
  const endsAt = performance.now() + IDLE_WAIT_MS_MAX;
  while (performance.now() < endsAt) {
    const before = seconds();
    await pause(IDLE_WINDOW_MS);
    if ((seconds() - before) * 1_000 < idleMsMax) return;
  }
  log(`the processes are not idle after ${IDLE_WAIT_MS_MAX} ms`);
}

/**
 * Returns the problems in a system's records. Stock never runs out, so each checkout must be
 * placed.
 */
async function judge({ system, samples, unmeasured }: Side): Promise<string[]> {
  const isDrained = await system.untilDrained();
  const verdict = await system.takeVerdict();
  const accepted = samples.reduce((sum, { operations }) => sum + operations, unmeasured);
  const isComplete = verdict.accepted === accepted && verdict.placed === accepted;
  if (isDrained && verdict.ok && isComplete) return [];
  return [`${system.name}: ${accepted} accepted, the verdict is ${JSON.stringify(verdict)}`];
}
