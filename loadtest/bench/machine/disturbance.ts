import { loadavg } from 'node:os';
import type { CpuUse } from './cpu-meter.ts';

/** The report warns if other processes used more than this share of all CPU time. */
const FOREIGN_SHARE_MAX = 0.05;
const STOLEN_SHARE_MAX = 0.01;
/** The report warns above this load per core in the minute before the bench. */
const LOAD_PER_CORE_MAX = 0.25;

/** CPU use outside the bench during the measurements, as shares of the time of all cores. */
export interface Disturbance {
  /** The load average of the minute before the bench. */
  readonly loadBefore: number;
  readonly foreignShare: number;
  readonly stolenShare: number;
  /** Warnings that affect how far the rates can be trusted; empty on an idle machine. */
  readonly warnings: readonly string[];
}

/** Returns the load average of the last minute. */
export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** Adds up the disturbance over all measurements. */
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
    warnings.push(
      `the machine was not idle before the bench: load average ${loadBefore.toFixed(2)}`,
    );
  }
  if (foreignShare > FOREIGN_SHARE_MAX) {
    warnings.push(`other processes used ${percent(foreignShare)} of the CPU during the bench`);
  }
  if (stolenShare > STOLEN_SHARE_MAX) {
    warnings.push(
      `the host gave ${percent(stolenShare)} of the CPU to other guests during the bench`,
    );
  }
  return { loadBefore, foreignShare, stolenShare, warnings };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
