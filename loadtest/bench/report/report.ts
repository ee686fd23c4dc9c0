import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import type { Stage } from '../load/plans.ts';
import type { Disturbance } from '../machine/disturbance.ts';
import type { Machine } from '../machine/machine.ts';
import type { BenchOptions } from '../options.ts';
import type { Spread } from '../statistics.ts';

/** The processes whose CPU time is told apart, in the order in which a checkout meets them. */
export const PROCESSES = ['client', 'api', 'redis', 'worker', 'mongod'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Microseconds of CPU that one operation costs in each process. */
export type CpuMicros = Readonly<Record<ProcessName, number>>;

/** A closed loop: rates are medians over the rounds. */
export interface LoopReport {
  /** Checkouts accepted and settled, from the first POST to the last outcome in the database. */
  readonly perSecond: number;
  /** Checkouts answered with 202 while the client was posting. */
  readonly acceptedPerSecond: number;
  readonly rounds: readonly number[];
  readonly cpuMicros: CpuMicros;
  readonly cpuMicrosTotal: number;
}

/** The open loop: times are milliseconds from the moment a checkout was due to be posted. */
export interface LatencyReport {
  readonly offeredPerSecond: number;
  readonly settledPerSecond: number;
  /** Until its outcome was at the client; medians over the rounds, but for `max`. */
  readonly outcomeMs: Spread;
  /** Until the 202 was at the client. */
  readonly acceptedMs: Spread;
  readonly p99OfRounds: readonly number[];
  readonly path: readonly Stage[];
  readonly cpuMicros: CpuMicros;
  readonly cpuMicrosTotal: number;
}

/** One part of the road, alone. */
export interface PartReport {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: CpuMicros;
  readonly cpuMicrosTotal: number;
  /** Whether a checkout pays for it; others are for comparison. */
  readonly isOnTheRoad: boolean;
}

/** What the parts allow if nothing but them cost anything, and what was reached of it. */
export interface LimitReport {
  readonly cpuMicrosPerCheckout: number;
  readonly perSecond: number;
  /** What HOT would reach if its processes had all cores all the time: cores ÷ its own CPU. */
  readonly hotOnAllCores: number;
  /** HOT's rate as a share of the limit. */
  readonly share: number;
  /** The parts' CPU as a share of what a checkout of HOT cost: the same without idle cores. */
  readonly cpuShare: number;
}

/** Everything that `npm run bench` says, as the JSON on its last line. */
export interface BenchReport {
  readonly at: string;
  /** Whether every verdict is ok and the client's count agrees with the record's. */
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
  readonly hot: LoopReport;
  readonly spread: LoopReport;
  /** HOT with BATCH_MAX=1. */
  readonly single: LoopReport;
  /** How many times as fast HOT is in batches. */
  readonly batchGain: number;
  readonly latency: LatencyReport;
  readonly parts: readonly PartReport[];
  readonly limit: LimitReport;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly seconds: number;
}
