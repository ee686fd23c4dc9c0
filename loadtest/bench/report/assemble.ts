import type { LatencySample, LoopSample } from '../measure/loops.ts';
import { PARTS } from '../measure/parts.ts';
import type { Rounds } from '../measure/rounds.ts';
import type { Sample } from '../measure/stage.ts';
import { median, medianSpread } from '../statistics.ts';
import {
  type AwaitedReport,
  type BenchReport,
  type Cost,
  type CpuMicros,
  type LatencyReport,
  type LimitReport,
  type LoopReport,
  type PartReport,
  PROCESSES,
} from './report.ts';

type Figures = Pick<
  BenchReport,
  'hot' | 'spread' | 'single' | 'batchGain' | 'latency' | 'oneRequest' | 'parts' | 'limit'
>;

/** Computes the report's figures from the rounds. */
export function toFigures(rounds: Rounds, cores: number): Figures {
  const hot = loopReport(rounds.hot);
  const single = loopReport(rounds.single);
  const parts = PARTS.map(({ name, isOnPath }, index): PartReport => {
    const samples = rounds.parts.flatMap((round) => round[index] ?? []);
    return { name, isOnPath, ...summarize(samples) };
  });
  return {
    hot,
    spread: loopReport(rounds.spread),
    single,
    batchGain: hot.perSecond / single.perSecond,
    latency: latencyReport(rounds.latency),
    oneRequest: awaitedReport(rounds.oneRequest),
    parts,
    limit: findLimit(parts, cores, hot),
  };
}

/** Returns what rounds of a closed loop measured. */
export function loopReport(samples: readonly LoopSample[]): LoopReport {
  return {
    ...summarize(samples),
    acceptedPerSecond: median(samples.map((sample) => sample.acceptedPerSecond)),
    rounds: samples.map((sample) => sample.perSecond),
    indexing: toCost(samples.map(({ operations, indexing: use }) => ({ operations, use }))),
  };
}

/** Returns what rounds of the open loop measured if a GET waits for each outcome. */
export function latencyReport(samples: readonly LatencySample[]): LatencyReport {
  const accepting = samples.flatMap(({ seen }) => seen.accepting ?? []);
  return { ...awaitedReport(samples), acceptedMs: medianSpread(accepting) };
}

/** Returns what rounds of an open loop measured. */
export function awaitedReport(samples: readonly LatencySample[]): AwaitedReport {
  const seen = samples.map((sample) => sample.seen);
  const { perSecond, ...cost } = summarize(samples);
  const [first] = seen;
  return {
    offeredPerSecond: first?.rate ?? Number.NaN,
    settledPerSecond: perSecond,
    outcomeMs: medianSpread(seen.map(({ outcome }) => outcome)),
    p99OfRounds: seen.map(({ outcome }) => outcome.p99),
    path: (first?.path ?? []).map(({ name }, index) => ({
      name,
      ms: median(seen.map(({ path }) => path[index]?.ms ?? Number.NaN)),
    })),
    ...cost,
  };
}

/** Returns the samples of all measurements, from which the disturbance is computed. */
export function allSamples(rounds: Rounds): Sample[] {
  const { hot, spread, single, latency, oneRequest, parts } = rounds;
  return [...hot, ...spread, ...single, ...latency, ...oneRequest, ...parts.flat()];
}

/** Returns the medians over all rounds: the rate, and CPU per operation by process and in total. */
function summarize(samples: readonly Sample[]): Cost & { readonly perSecond: number } {
  const perSecond = median(samples.map((sample) => sample.perSecond));
  return { perSecond, ...toCost(samples) };
}

function toCost(samples: readonly Pick<Sample, 'operations' | 'use'>[]): Cost {
  const costs = samples.map(cpuMicrosPerOperation);
  const cpuMicros = Object.fromEntries(
    PROCESSES.map((name) => [name, median(costs.map((cost) => cost[name]))]),
  ) as CpuMicros;
  const totals = costs.map((cost) => PROCESSES.reduce((total, name) => total + cost[name], 0));
  return { cpuMicros, cpuMicrosTotal: median(totals) };
}

function cpuMicrosPerOperation({ operations, use }: Pick<Sample, 'operations' | 'use'>): CpuMicros {
  return Object.fromEntries(
    PROCESSES.map((name) => [name, ((use.seconds[name] ?? 0) * 1_000_000) / operations]),
  ) as CpuMicros;
}

/**
 * Computes the rate that all cores could reach if they ran only the parts on a checkout's path: the
 * number of cores ÷ the CPU seconds that one checkout costs in these parts, in all processes.
 */
export function findLimit(
  parts: readonly PartReport[],
  cores: number,
  hot: Pick<LoopReport, 'perSecond' | 'cpuMicrosTotal'>,
): LimitReport {
  const cpuMicrosPerCheckout = parts
    .filter((part) => part.isOnPath)
    .reduce((total, part) => total + part.cpuMicrosTotal, 0);
  const perSecond = (cores * 1_000_000) / cpuMicrosPerCheckout;
  return {
    cpuMicrosPerCheckout,
    perSecond,
    hotOnAllCores: (cores * 1_000_000) / hot.cpuMicrosTotal,
    share: hot.perSecond / perSecond,
    cpuShare: cpuMicrosPerCheckout / hot.cpuMicrosTotal,
  };
}
