import type { LatencySample, LoopSample } from '../measure/loops.ts';
import { PARTS } from '../measure/parts.ts';
import type { Rounds } from '../measure/rounds.ts';
import { type Sample, summarize } from '../measure/samples.ts';
import { median, medianSpread } from '../statistics.ts';
import { findLimit } from './limit.ts';
import type { BenchReport, LatencyReport, LoopReport, PartReport } from './report.ts';

type Figures = Pick<
  BenchReport,
  'hot' | 'spread' | 'single' | 'batchGain' | 'latency' | 'parts' | 'limit'
>;

/** Computes the report's figures from the rounds. */
export function toFigures(rounds: Rounds, cores: number): Figures {
  const hot = loopReport(rounds.hot);
  const single = loopReport(rounds.single);
  const parts = PARTS.map(({ name, isOnTheRoad }, index): PartReport => {
    const samples = rounds.parts.flatMap((round) => round[index] ?? []);
    return { name, isOnTheRoad, ...summarize(samples) };
  });
  return {
    hot,
    spread: loopReport(rounds.spread),
    single,
    batchGain: hot.perSecond / single.perSecond,
    latency: latencyReport(rounds.latency),
    parts,
    limit: findLimit(parts, cores, hot),
  };
}

function loopReport(samples: readonly LoopSample[]): LoopReport {
  return {
    ...summarize(samples),
    acceptedPerSecond: median(samples.map((sample) => sample.acceptedPerSecond)),
    rounds: samples.map((sample) => sample.perSecond),
  };
}

function latencyReport(samples: readonly LatencySample[]): LatencyReport {
  const seen = samples.map((sample) => sample.seen);
  const { perSecond, cpuMicros, cpuMicrosTotal } = summarize(samples);
  const [first] = seen;
  return {
    offeredPerSecond: first?.rate ?? Number.NaN,
    settledPerSecond: perSecond,
    outcomeMs: medianSpread(seen.map(({ outcome }) => outcome)),
    acceptedMs: medianSpread(seen.map(({ accepting }) => accepting)),
    p99OfRounds: seen.map(({ outcome }) => outcome.p99),
    path: (first?.path ?? []).map(({ name }, index) => ({
      name,
      ms: median(seen.map(({ path }) => path[index]?.ms ?? Number.NaN)),
    })),
    cpuMicros,
    cpuMicrosTotal,
  };
}

/** Returns the CPU use of all measurements, from which the disturbance is computed. */
export function allSamples(rounds: Rounds): Sample[] {
  const { hot, spread, single, latency, parts } = rounds;
  return [...hot, ...spread, ...single, ...latency, ...parts.flat()];
}
