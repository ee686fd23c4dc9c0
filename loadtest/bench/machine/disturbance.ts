import { loadavg } from 'node:os';
import type { CpuUse } from './cpu-meter.ts';

/** Above this share of all CPU time, others are said to have disturbed the figures. */
const FOREIGN_SHARE_MAX = 0.05;
const STOLEN_SHARE_MAX = 0.01;
/** Processes that wanted to run, per core, in the minute before. */
const LOAD_PER_CORE_MAX = 0.25;

/** What else used the machine while it was measured. Shares are of the time of all its cores. */
export interface Disturbance {
  /** Mean number of processes that wanted to run in the minute before the bench. */
  readonly loadBefore: number;
  readonly foreignShare: number;
  readonly stolenShare: number;
  /** What a reader must know before believing the rates; empty on a quiet machine. */
  readonly warnings: readonly string[];
}

/** The load average of the last minute. */
export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** Sums up over everything that was measured. */
export function measureDisturbance(
  loadBefore: number,
  cores: number,
  uses: readonly CpuUse<string>[],
): Disturbance {
  const sum = (pick: (use: CpuUse<string>) => number) =>
    uses.reduce((total, use) => total + pick(use), 0);
  const available = cores * sum((use) => use.wallSeconds);
  const foreignShare = sum((use) => use.foreignSeconds) / available;
  const stolenShare = sum((use) => use.stolenSeconds) / available;
  const warnings: string[] = [];
  if (loadBefore > LOAD_PER_CORE_MAX * cores) {
    warnings.push(`the machine was not idle before: load average ${loadBefore.toFixed(2)}`);
  }
  if (foreignShare > FOREIGN_SHARE_MAX) {
    warnings.push(`other processes used ${percent(foreignShare)} of the CPU meanwhile`);
  }
  if (stolenShare > STOLEN_SHARE_MAX) {
    warnings.push(`the host gave ${percent(stolenShare)} of the CPU to other guests meanwhile`);
  }
  return { loadBefore, foreignShare, stolenShare, warnings };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
