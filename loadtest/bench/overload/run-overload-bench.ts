import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { startCpuMeter } from '../machine/cpu-meter.ts';
import type { BenchOptions } from '../options.ts';
import type { Log } from '../system/bench-services.ts';
import { onBenchedSystem, type SystemReport } from '../system/benched-system.ts';
import {
  findBrokenPromises,
  measureOverload,
  measureSustained,
  type OverloadSample,
  type Sustained,
} from './measure-overload.ts';

/** How many times the sustained rate is offered. */
const OVERLOAD = 3;
const FEW_CONNECTIONS = 500;
/** Bounds on an idle machine, and on a machine that may be busy. */
const BOUNDS = {
  full: { probeMsMax: 1_000, recoveredMsMax: 5_000 },
  quick: { probeMsMax: 10_000, recoveredMsMax: 30_000 },
};
/** The sustained rate after a flood must reach this share of the rate before; not in the quick form. */
const RATE_SHARE_MIN = 0.8;

type Options = Pick<
  BenchOptions,
  | 'isQuick'
  | 'connections'
  | 'checkouts'
  | 'warmUpCheckouts'
  | 'overloadSeconds'
  | 'overloadConnections'
>;

/** The result of the overload bench, printed as JSON on the last line. */
export interface OverloadReport extends SystemReport {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly sustained: Sustained;
  readonly floods: readonly OverloadSample[];
}

/**
 * Finds the rate that the system sustains, and offers three times as much over few and then over
 * many connections.
 */
export function runOverloadBench(options: Options, log: Log): Promise<OverloadReport> {
  const { isQuick, connections, checkouts, warmUpCheckouts, overloadSeconds } = options;
  return onBenchedSystem('overload', log, async (system, processes) => {
    const generator = await startLoadGenerator();
    try {
      const { store, shop } = system;
      const variantIds = shop.spread.map(({ variantId }) => variantId);
      const flooded = { ...system, generator, apiKey: shop.apiKey, variantIds };
      const others = [...processes.others, generator.pid];
      const stop = startCpuMeter({ measured: processes.measured, others });
      await measureSustained(flooded, { checkouts: warmUpCheckouts, connections });
      const fair = { checkouts, connections };
      const sustained = await measureSustained(flooded, fair);
      const rate = Math.round(OVERLOAD * sustained.perSecond);
      const floods: OverloadSample[] = [];
      for (const floodConnections of [FEW_CONNECTIONS, options.overloadConnections]) {
        log(`offering ${rate} checkouts per second over ${floodConnections} connections`);
        const plan = {
          rate,
          seconds: overloadSeconds,
          connections: floodConnections,
          afterwards: fair,
        };
        floods.push(await measureOverload(flooded, sustained, plan));
      }
      const uses = [stop()];
      const { ok } = await takeVerdict(store, { drained: true });
      const bounds = isQuick ? BOUNDS.quick : BOUNDS.full;
      const problems = [
        ...floods.flatMap((flood) => findBrokenPromises(flood, bounds)),
        ...(isQuick ? [] : floods.flatMap((flood) => findLostRate(flood, sustained))),
        ...(ok ? [] : ['the verdict is not ok']),
      ];
      return { uses, figures: { ok: problems.length === 0, problems, sustained, floods } };
    } finally {
      generator.stop();
    }
  });
}

function findLostRate(flood: OverloadSample, sustained: Sustained): string[] {
  const share = flood.afterwardsPerSecond / sustained.perSecond;
  if (share >= RATE_SHARE_MIN) return [];
  const percent = (100 * share).toFixed(0);
  const flooded = `after the flood over ${flood.connections} connections`;
  return [`${flooded} the rate is ${percent} % of the rate before`];
}

/** Returns the report as text for a terminal. */
export function overloadReportAsText(report: OverloadReport): string {
  const { sustained, floods, problems, disturbance } = report;
  const whole = (value: number) => value.toFixed(0);
  const lines = floods.flatMap((flood) => [
    `${flood.offeredPerSecond} checkouts a second for ${whole(flood.seconds)} s over ${flood.connections} connections:`,
    `  sent ${flood.sent}   accepted ${flood.accepted}   refused ${flood.refused}   cut ${flood.cut}` +
      `   refused and stored ${flood.refusedAndStored}`,
    `  slowest of ${flood.probes} probes ${whole(flood.probeMsMax)} ms` +
      `   API ${flood.memoryMbMax} MB (× ${flood.memoryGrowth.toFixed(2)})`,
    `  accepting again after ${whole(flood.recoveredMs)} ms` +
      `   all settled after ${flood.settledWithinSeconds.toFixed(1)} s` +
      `   then ${whole(flood.afterwardsPerSecond)} a second`,
  ]);
  return [
    `sustained: ${whole(sustained.perSecond)} checkouts a second, API ${sustained.memoryMb} MB`,
    ...lines,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...problems.map((problem) => `FAILED: ${problem}`),
  ].join('\n');
}
