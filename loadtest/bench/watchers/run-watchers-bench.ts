import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { takeDrainedVerdict } from '../../../shared/ledger/judging/drain.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { toLoopStage } from '../measure/loop-stage.ts';
import { type LoopSample, type LoopStage, measureClosedLoop } from '../measure/loops.ts';
import { median } from '../statistics.ts';
import { type Log, withBenchServices } from '../system/bench-services.ts';
import {
  type BenchedSystem,
  OPERATOR_LOGIN,
  type SystemReport,
  startSystem,
} from '../system/benched-system.ts';
import { openWatchers } from './open-watchers.ts';

/** Watchers must cost less than this share of the rate, in the median of the pairs. */
const COST_LIMIT = 0.03;

interface WatchersOptions {
  readonly pairs: number;
  readonly connections: number;
  readonly warmUpCheckouts: number;
  readonly watchers: number;
  readonly watchedCheckouts: number;
}

/** Checkouts settled a second in one pair of runs. */
export interface WatchedPair {
  readonly without: number;
  readonly with: number;
  /** The rate with watchers ÷ the rate without. */
  readonly ratio: number;
  /** The fewest frames that any watcher received during the run with watchers. */
  readonly frames: number;
}

/** The result of the watchers bench, printed as JSON on the last line. */
export interface WatchersReport extends SystemReport {
  /** Whether every watcher saw figures, the target is reached, and the verdict is ok. */
  readonly ok: boolean;
  readonly watchers: number;
  readonly checkouts: number;
  readonly connections: number;
  readonly pairs: readonly WatchedPair[];
  /** The median of the pairs' ratios, and their extremes. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** CPU microseconds of the API per checkout; medians. */
  readonly apiMicros: { readonly without: number; readonly with: number };
  readonly verdict: Verdict;
}

/**
 * Measures what watchers of the observatory cost: the rate of a closed loop on one variant,
 * alternately with watchers and without.
 * @throws Error if a watcher is refused or receives no figures, if a checkout is not accepted or
 *   gets no outcome, or if the search does not catch up
 */
export function runWatchersBench(options: WatchersOptions, log: Log): Promise<WatchersReport> {
  return withBenchServices(log, async (services) => {
    log('starting an API and a worker');
    const system = await startSystem(services, { name: 'watched' });
    const generator = await startLoadGenerator();
    try {
      const stage = toLoopStage(services, generator, [system]);
      return await measureWatchers(stage, system, options, log);
    } finally {
      generator.stop();
      await system.stop();
    }
  });
}

interface PairedRuns {
  readonly without: LoopSample;
  readonly with: LoopSample;
  readonly frames: number;
}

async function measureWatchers(
  stage: LoopStage,
  system: BenchedSystem,
  options: WatchersOptions,
  log: Log,
): Promise<WatchersReport> {
  const { pairs: count, connections, warmUpCheckouts, watchers } = options;
  const { watchedCheckouts: checkouts } = options;
  const loop = { system, variants: 'hot', connections } as const;
  const measure = () => measureClosedLoop(stage, { ...loop, checkouts });
  await measureClosedLoop(stage, { ...loop, checkouts: warmUpCheckouts });
  const runs: PairedRuns[] = [];
  for (let pair = 1; pair <= count; pair += 1) {
    // The order alternates.
    const isWatchedFirst = pair % 2 === 0;
    const before = isWatchedFirst ? undefined : await measure();
    const watched = await measureWatched(system, watchers, measure);
    const run = { without: before ?? (await measure()), ...watched };
    runs.push(run);
    const ratio = run.with.perSecond / run.without.perSecond;
    log(`pair ${pair} of ${count}: × ${ratio.toFixed(3)} with ${watchers} watchers`);
  }
  const verdict = await takeDrainedVerdict(system.store);
  const { machine, disturbanceIn } = stage.services;
  const samples = runs.flatMap((run) => [run.without, run.with]);
  return {
    at: new Date().toISOString(),
    machine,
    disturbance: disturbanceIn(samples.map(({ use }) => use)),
    ...{ watchers, checkouts, connections, verdict },
    ...summarize(runs, verdict.ok),
  };
}

async function measureWatched(
  { apiUrl }: BenchedSystem,
  count: number,
  measure: () => Promise<LoopSample>,
): Promise<Pick<PairedRuns, 'with' | 'frames'>> {
  const watchers = await openWatchers(apiUrl, OPERATOR_LOGIN, count);
  try {
    const before = watchers.frames();
    const sample = await measure();
    const received = watchers.frames().map((frames, index) => frames - (before[index] ?? 0));
    return { with: sample, frames: Math.min(...received) };
  } finally {
    watchers.close();
  }
}

function summarize(runs: readonly PairedRuns[], isVerdictOk: boolean) {
  const pairs = runs.map((run): WatchedPair => {
    const [without, watched] = [run.without.perSecond, run.with.perSecond];
    return { without, with: watched, ratio: watched / without, frames: run.frames };
  });
  const micros = (side: 'without' | 'with') =>
    Math.round(
      median(runs.map((run) => (run[side].use.seconds.api / run[side].operations) * 1_000_000)),
    );
  return {
    ...judgePairs(pairs, isVerdictOk),
    pairs,
    apiMicros: { without: micros('without'), with: micros('with') },
  };
}

/**
 * Judges the pairs by their median. The best pair would hide a cost, because single pairs differ by
 * more than the target; the worst pair would fail without a cost.
 */
export function judgePairs(pairs: readonly WatchedPair[], isVerdictOk: boolean) {
  const ratios = pairs.map(({ ratio }) => ratio);
  const ratio = median(ratios);
  const isSeen = pairs.every(({ frames }) => frames > 0);
  return {
    ok: isVerdictOk && isSeen && ratio > 1 - COST_LIMIT,
    ...{ ratio, ratioMin: Math.min(...ratios), ratioMax: Math.max(...ratios) },
  };
}

/** Returns the report as text for a terminal. */
export function watchersReportAsText(report: WatchersReport): string {
  const { watchers, checkouts, connections, pairs, ratio, ratioMin, ratioMax } = report;
  const { apiMicros, verdict, disturbance, ok } = report;
  const rate = (side: 'without' | 'with') => median(pairs.map((pair) => pair[side])).toFixed(0);
  const spread = `${ratioMin.toFixed(3)} to ${ratioMax.toFixed(3)} in ${pairs.length} pairs`;
  const cost = (1 - ratio) * 100;
  const target = `${COST_LIMIT * 100} %`;
  return [
    `${checkouts} checkouts of one variant on ${connections} connections, without and with ${watchers} watchers`,
    `${rate('without')}/s without, ${rate('with')}/s with: × ${ratio.toFixed(3)}   (${spread})`,
    `cost: ${cost.toFixed(1)} % of the rate; the target is less than ${target}`,
    `CPU of the API per checkout: ${apiMicros.without} µs without, ${apiMicros.with} µs with`,
    `verdict: ${verdict.ok ? 'ok' : JSON.stringify(verdict)}`,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(ok
      ? []
      : [
          `FAILED: the median pair cost ${target} or more, a watcher saw nothing, or the verdict is not ok`,
        ]),
  ].join('\n');
}
