import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import type { Stage } from '../load/plans.ts';
import type { Disturbance, Machine } from '../machine/machine.ts';
import type { BenchOptions } from '../options.ts';
import type { Spread } from '../statistics.ts';

/** The processes whose CPU time is measured, in the order in which a checkout reaches them. */
export const PROCESSES = ['client', 'api', 'redis', 'worker', 'mongod'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Microseconds of CPU per operation in each process. */
export type CpuMicros = Readonly<Record<ProcessName, number>>;

/** The CPU time of one operation. */
export interface Cost {
  readonly cpuMicros: CpuMicros;
  readonly cpuMicrosTotal: number;
}

/** A closed loop. Rates are medians over the rounds. */
export interface LoopReport extends Cost {
  /** Checkouts accepted and settled a second, from the first POST to the last outcome stored. */
  readonly perSecond: number;
  /** Checkouts answered with 202 a second while the client was posting. */
  readonly acceptedPerSecond: number;
  /** `perSecond` of each round. */
  readonly rounds: readonly number[];
  /** The cost of indexing a checkout for the search, which follows the last outcome of a round. */
  readonly indexing: Cost;
}

/** An open loop. Times are milliseconds from the moment at which a checkout was due. */
export interface AwaitedReport extends Cost {
  readonly offeredPerSecond: number;
  readonly settledPerSecond: number;
  /** Until the client received the outcome: medians over the rounds, and the overall `max`. */
  readonly outcomeMs: Spread;
  readonly p99OfRounds: readonly number[];
  readonly path: readonly Stage[];
}

/** The open loop in which a GET waits for the outcome of an accepted checkout. */
export interface LatencyReport extends AwaitedReport {
  /** Until the client received the 202. */
  readonly acceptedMs: Spread;
}

/** One part of a checkout's path, measured alone. */
export interface PartReport extends Cost {
  readonly name: string;
  readonly perSecond: number;
  /** Whether the part counts towards a checkout's cost; other parts are for comparison. */
  readonly isOnPath: boolean;
}

/** The rate that the parts alone would allow, and the share of it that HOT reaches. */
export interface LimitReport {
  readonly cpuMicrosPerCheckout: number;
  readonly perSecond: number;
  /**
   * The rate of HOT if its processes kept all cores busy: cores ÷ CPU seconds of a HOT checkout.
   */
  readonly hotOnAllCores: number;
  /** HOT's rate as a share of the limit. */
  readonly share: number;
  /** The CPU of the parts as a share of the CPU of one HOT checkout. */
  readonly cpuShare: number;
}

/** The report of `npm run bench`, printed as JSON on its last line. */
export interface BenchReport {
  readonly at: string;
  /** Whether every verdict is ok and the client's counts match the database. */
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
  readonly hot: LoopReport;
  readonly spread: LoopReport;
  /** HOT with BATCH_MAX=1. */
  readonly single: LoopReport;
  /** HOT's rate ÷ its rate with BATCH_MAX=1. */
  readonly batchGain: number;
  readonly latency: LatencyReport;
  /** The open loop in which the POST itself waits for the outcome. */
  readonly oneRequest: AwaitedReport;
  readonly parts: readonly PartReport[];
  readonly limit: LimitReport;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly seconds: number;
}
