import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { CpuUse } from './cpu-meter.ts';

/** The report warns if other processes used more than this share of all CPU time. */
const FOREIGN_SHARE_MAX = 0.05;
/** The report warns if the host gave more than this share of all CPU time to other guests. */
const STOLEN_SHARE_MAX = 0.01;
/** The report warns above this load per core in the minute before the bench. */
const LOAD_PER_CORE_MAX = 0.25;
const BYTES_PER_GB = 2 ** 30;

/** The machine and versions that the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  readonly mongod: string;
  readonly redis: string;
}

/** CPU use outside the bench during the measurements, as shares of the time of all cores. */
export interface Disturbance {
  /** The load average of the minute before the bench. */
  readonly loadBefore: number;
  readonly foreignShare: number;
  readonly stolenShare: number;
  /** Reasons to trust the rates less; empty on an idle machine. */
  readonly warnings: readonly string[];
}

/**
 * Returns the description of this machine for a report.
 * @param versions the versions that the servers report
 */
export function describeMachine(versions: { mongod: string; redis: string }): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / BYTES_PER_GB),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    mongod: toBareVersion(versions.mongod),
    redis: toBareVersion(versions.redis),
  };
}

function toBareVersion(printed: string): string {
  return /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? printed;
}

/** Returns the load average of the last minute. */
export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** Returns the disturbance during all measurements together. */
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
  const load = loadBefore.toFixed(2);
  const warnings = [
    loadBefore > LOAD_PER_CORE_MAX * cores &&
      `the machine was not idle before the bench: load average ${load}`,
    foreignShare > FOREIGN_SHARE_MAX &&
      `other processes used ${percent(foreignShare)} of the CPU during the bench`,
    stolenShare > STOLEN_SHARE_MAX &&
      `the host gave ${percent(stolenShare)} of the CPU to other guests during the bench`,
  ].filter((warning) => warning !== false);
  return { loadBefore, foreignShare, stolenShare, warnings };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
