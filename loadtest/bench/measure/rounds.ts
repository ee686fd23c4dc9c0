import type { BenchOptions } from '../options.ts';
import type { Log } from '../system/bench-services.ts';
import { type LatencySample, type LoopSample, measureClosedLoop, measureLatency } from './loops.ts';
import { countStored, measureParts } from './parts.ts';
import type { Sample, Stage } from './stage.ts';

/** The samples of all measurements, one per round. */
export interface Rounds {
  readonly hot: LoopSample[];
  readonly spread: LoopSample[];
  readonly single: LoopSample[];
  /** Open loops whose outcomes are awaited by a GET after the POST. */
  readonly latency: LatencySample[];
  /** Open loops whose outcomes are awaited by the POST itself. */
  readonly oneRequest: LatencySample[];
  /** One sample of each part per round. */
  readonly parts: Sample[][];
}

/** Checkouts that each database accepted during the warm-up. */
export interface Warmed {
  readonly batched: number;
  readonly single: number;
  readonly parts: number;
}

/** Warms up all processes: runs HOT on both systems and every part once, and keeps no figures. */
export async function warmUp(stage: Stage, options: BenchOptions): Promise<Warmed> {
  const { warmUpCheckouts, connections, singleCheckouts, partOperations } = options;
  const run = async (system: Stage['batched'], checkouts: number) => {
    const loop = { system, variants: 'hot', checkouts, connections } as const;
    return (await measureClosedLoop(stage, loop)).operations;
  };
  const operations = Math.min(warmUpCheckouts, partOperations);
  return {
    batched: await run(stage.batched, warmUpCheckouts),
    single: await run(stage.single, Math.min(warmUpCheckouts, singleCheckouts)),
    parts: countStored(await measureParts(stage, { operations, connections })),
  };
}

/**
 * Measures everything once per round. The order is reversed in every second round, so that drift of
 * the machine affects all measurements equally.
 */
export async function measureRounds(
  stage: Stage,
  options: BenchOptions,
  log: Log,
): Promise<Rounds> {
  const rounds: Rounds = {
    ...{ hot: [], spread: [], single: [], latency: [], oneRequest: [], parts: [] },
  };
  const steps = planSteps(stage, options, rounds);
  for (let round = 1; round <= options.rounds; round += 1) {
    const ordered = round % 2 === 1 ? steps : [...steps].reverse();
    for (const step of ordered) log(`round ${round} of ${options.rounds}: ${await step()}`);
  }
  return rounds;
}

function planSteps(stage: Stage, options: BenchOptions, rounds: Rounds): (() => Promise<string>)[] {
  const { batched, single } = stage;
  const { connections, checkouts, singleCheckouts, rate, rateSeconds } = options;
  const loop = async (
    name: 'hot' | 'spread' | 'single',
    plan: Omit<Parameters<typeof measureClosedLoop>[1], 'connections'>,
  ) => {
    const sample = await measureClosedLoop(stage, { ...plan, connections });
    rounds[name].push(sample);
    return `${name} ${sample.perSecond.toFixed(0)}/s`;
  };
  const latency = async (name: 'latency' | 'oneRequest', isOneRequest: boolean) => {
    const sample = await measureLatency(stage, batched, {
      ...{ rate, isOneRequest, seconds: rateSeconds },
    });
    rounds[name].push(sample);
    const { p50, p99 } = sample.seen.outcome;
    const requests = isOneRequest ? 'one request' : 'two requests';
    return `outcome at ${rate}/s by ${requests}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  };
  return [
    () => loop('hot', { system: batched, variants: 'hot', checkouts }),
    () => loop('spread', { system: batched, variants: 'spread', checkouts }),
    () => latency('latency', false),
    () => latency('oneRequest', true),
    () => loop('single', { system: single, variants: 'hot', checkouts: singleCheckouts }),
    async () => {
      const operations = options.partOperations;
      rounds.parts.push(await measureParts(stage, { operations, connections }));
      return 'the parts';
    },
  ];
}
