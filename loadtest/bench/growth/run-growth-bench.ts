import { readJudgement } from '../../../shared/ledger/judging/following/judgement.ts';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import { pause } from '../../../shared/runtime/deadline.ts';
import type { Store } from '../../../shared/store/store.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import type { Disturbance, Machine } from '../machine/machine.ts';
import { residentMb } from '../machine/resident-mb.ts';
import { toLoopStage } from '../measure/loop-stage.ts';
import { type LoopSample, type LoopStage, measureClosedLoop } from '../measure/loops.ts';
import type { BenchOptions } from '../options.ts';
import { median } from '../statistics.ts';
import { type Log, withBenchServices } from '../system/bench-services.ts';
import type { BenchShop } from '../system/bench-shop.ts';
import { type BenchedSystem, startSystem } from '../system/benched-system.ts';
import { fillPast } from './fill-past.ts';

/** A database with past orders must reach this share of the rates of an empty database. */
const SHARE_MIN = 0.9;
/** The memory of a process may grow by this share from a tenth of the long run to its end. */
const MEMORY_SHARE_MAX = 0.2;
/** The long run has this many parts. The memory is read after the first part and at the end. */
const MEMORY_PARTS = 10;
/** The first verdict reads all past orders. */
const JUDGED_MS_MAX = 3_600_000;
const JUDGED_POLL_MS = 1_000;
const SYSTEMS = ['empty', 'grown'] as const;
const LOOPS = ['hot', 'spread'] as const;

type SystemName = (typeof SYSTEMS)[number];
type Rates = Readonly<Record<(typeof LOOPS)[number], number>>;

/** The resident memory of the processes after this many checkouts. */
interface Memory {
  readonly checkouts: number;
  readonly apiMb: number;
  readonly workerMb: number;
}

/** The result of the growth bench, printed as JSON on the last line. */
export interface GrowthReport {
  readonly at: string;
  /** Whether rates and memory are within their bounds and both verdicts are ok. */
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly pastOrders: number;
  readonly pastProducts: number;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
  /** Checkouts accepted and settled a second, the median of all rounds. */
  readonly perSecond: Readonly<Record<SystemName, Rates>>;
  /** The rate of the grown system ÷ the rate of the empty system: the median over the rounds. */
  readonly share: Rates;
  readonly verdictSeconds: Readonly<Record<SystemName, number>>;
  /** After a tenth and at the end of the long run; empty if there was no long run. */
  readonly memory: readonly Memory[];
}

/**
 * Measures an empty database and a database with many past orders alternately, on the same servers.
 * @throws Error if a checkout was not accepted or has no outcome, or if the worker has not judged the
 *   past orders within an hour
 */
export function runGrowthBench(options: BenchOptions, log: Log): Promise<GrowthReport> {
  return withBenchServices(log, async (services) => {
    const { pastOrders: orders, pastProducts: products } = options;
    log(`storing ${orders} past orders of ${products} products`);
    const prepare = (store: Store, { hot }: BenchShop) =>
      fillPast(store, hot.shopId, { orders, products });
    const grown = await startSystem(services, { name: 'grown', prepare });
    const empty = await startSystem(services, { name: 'empty' });
    const systems = { empty, grown };
    const generator = await startLoadGenerator();
    try {
      await untilJudged(grown);
      const stage = toLoopStage(services, generator, [empty, grown]);
      return await measureGrowth(stage, systems, options, log);
    } finally {
      generator.stop();
      await Promise.all([empty.stop(), grown.stop()]);
    }
  });
}

/**
 * Waits until the worker has read all past orders, which it does once.
 * @throws Error if that takes more than an hour
 */
async function untilJudged({ store }: BenchedSystem): Promise<void> {
  const endsAt = Date.now() + JUDGED_MS_MAX;
  while ((await readJudgement(store, new Date())).status !== 'ok') {
    if (Date.now() > endsAt) throw new Error('the worker has not judged the past orders');
    await pause(JUDGED_POLL_MS);
  }
}

type Systems = Readonly<Record<SystemName, BenchedSystem>>;

async function measureGrowth(
  stage: LoopStage,
  systems: Systems,
  options: BenchOptions,
  log: Log,
): Promise<GrowthReport> {
  const { connections } = options;
  const measure = (name: SystemName, variants: 'hot' | 'spread', checkouts: number) =>
    measureClosedLoop(stage, { system: systems[name], variants, checkouts, connections });
  for (const name of SYSTEMS) await measure(name, 'spread', options.warmUpCheckouts);
  const samples: Record<SystemName, Record<'hot' | 'spread', LoopSample[]>> = {
    empty: { hot: [], spread: [] },
    grown: { hot: [], spread: [] },
  };
  for (let round = 0; round < options.rounds; round += 1) {
    log(`round ${round + 1} of ${options.rounds}`);
    for (const loop of LOOPS) {
      // The order alternates.
      const order = round % 2 === 0 ? SYSTEMS : SYSTEMS.toReversed();
      for (const name of order) {
        samples[name][loop].push(await measure(name, loop, options.checkouts));
      }
    }
  }
  const memory = await measureMemory(systems.empty, options, log, (checkouts) =>
    measure('empty', 'spread', checkouts),
  );
  const verdicts = { empty: await judge(systems.empty), grown: await judge(systems.grown) };
  const toRates = (name: SystemName): Rates => ({
    hot: median(samples[name].hot.map(({ perSecond }) => perSecond)),
    spread: median(samples[name].spread.map(({ perSecond }) => perSecond)),
  });
  const toShare = (loop: 'hot' | 'spread') =>
    median(
      samples.grown[loop].map(({ perSecond }, round) => {
        return perSecond / (samples.empty[loop][round]?.perSecond ?? Number.NaN);
      }),
    );
  const share = { hot: toShare('hot'), spread: toShare('spread') };
  const problems = [
    ...SYSTEMS.flatMap((name) => (verdicts[name].ok ? [] : [`${name}: the verdict is not ok`])),
    ...findGrowth(share, memory),
  ];
  const loopSamples = SYSTEMS.flatMap((name) => LOOPS.flatMap((loop) => samples[name][loop]));
  return {
    at: new Date().toISOString(),
    ok: problems.length === 0,
    problems,
    pastOrders: options.pastOrders,
    pastProducts: options.pastProducts,
    machine: stage.services.machine,
    disturbance: stage.services.disturbanceIn(loopSamples.map(({ use }) => use)),
    perSecond: { empty: toRates('empty'), grown: toRates('grown') },
    share,
    verdictSeconds: { empty: verdicts.empty.seconds, grown: verdicts.grown.seconds },
    memory,
  };
}

/** Runs the long load, if it is requested, and reads the memory after a tenth and at the end. */
async function measureMemory(
  { apiPid, workerPid }: BenchedSystem,
  { memoryCheckouts }: BenchOptions,
  log: Log,
  run: (checkouts: number) => Promise<LoopSample>,
): Promise<Memory[]> {
  const memory: Memory[] = [];
  const tenth = Math.floor(memoryCheckouts / MEMORY_PARTS);
  let done = 0;
  while (tenth > 0 && done < memoryCheckouts) {
    done += (await run(tenth)).operations;
    log(`${done} of ${memoryCheckouts} checkouts of the long run`);
    if (memory.length > 0 && done < memoryCheckouts) continue;
    const [apiMb, workerMb] = [residentMb(apiPid), residentMb(workerPid)];
    memory.push({ checkouts: done, apiMb, workerMb });
  }
  return memory;
}

/**
 * Returns a problem for each rate that is too low and each process whose memory has grown too much.
 */
export function findGrowth(share: Rates, memory: readonly Memory[]): string[] {
  const problems = LOOPS.flatMap((loop) =>
    share[loop] >= SHARE_MIN
      ? []
      : [
          `${loop}: the rate with past orders is ${(100 * share[loop]).toFixed(0)} % of the rate without`,
        ],
  );
  const [before, after] = [memory[0], memory.at(-1)];
  if (before === undefined || after === undefined) return problems;
  for (const [part, name] of [['API', 'apiMb'] as const, ['worker', 'workerMb'] as const]) {
    if (after[name] <= before[name] * (1 + MEMORY_SHARE_MAX)) continue;
    problems.push(`the memory of the ${part} has grown from ${before[name]} to ${after[name]} MB`);
  }
  return problems;
}

async function judge({ store }: BenchedSystem) {
  const startedAt = performance.now();
  const { ok } = await takeVerdict(store, { drained: true });
  return { ok, seconds: (performance.now() - startedAt) / 1_000 };
}

/** Returns the report as text for a terminal. */
export function growthReportAsText(report: GrowthReport): string {
  const { perSecond, share, verdictSeconds, memory } = report;
  const line = (loop: 'hot' | 'spread') =>
    [
      loop.toUpperCase().padEnd(8),
      `empty ${perSecond.empty[loop].toFixed(0)}/s`,
      `grown ${perSecond.grown[loop].toFixed(0)}/s`,
      `${(100 * share[loop]).toFixed(0)} %`,
    ].join('   ');
  return [
    `an empty database and one with ${report.pastOrders} orders of ${report.pastProducts} products`,
    line('hot'),
    line('spread'),
    `verdict: empty ${verdictSeconds.empty.toFixed(1)} s, grown ${verdictSeconds.grown.toFixed(1)} s`,
    ...memory.map(({ checkouts, apiMb, workerMb }) => {
      return `after ${checkouts} checkouts: API ${apiMb} MB, worker ${workerMb} MB`;
    }),
    ...report.disturbance.warnings.map((warning) => `note: ${warning}`),
    ...report.problems.map((problem) => `FAILED: ${problem}`),
  ].join('\n');
}
