import type { CpuUse } from '../machine/cpu-meter.ts';
import { type CpuMicros, PROCESSES, type ProcessName } from '../report/report.ts';
import { median } from '../statistics.ts';

/** The result of one measurement in one round. */
export interface Sample {
  readonly operations: number;
  readonly perSecond: number;
  readonly use: CpuUse<ProcessName>;
}

/** The medians over all rounds: rate, and CPU per operation by process and in total. */
export function summarize(samples: readonly Sample[]): {
  readonly perSecond: number;
  readonly cpuMicros: CpuMicros;
  readonly cpuMicrosTotal: number;
} {
  const costs = samples.map(cpuMicrosPerOperation);
  const cpuMicros = Object.fromEntries(
    PROCESSES.map((name) => [name, median(costs.map((cost) => cost[name]))]),
  ) as CpuMicros;
  return {
    perSecond: median(samples.map(({ perSecond }) => perSecond)),
    cpuMicros,
    cpuMicrosTotal: median(costs.map(sumMicros)),
  };
}

function cpuMicrosPerOperation({ operations, use }: Sample): CpuMicros {
  return Object.fromEntries(
    PROCESSES.map((name) => [name, ((use.seconds[name] ?? 0) * 1_000_000) / operations]),
  ) as CpuMicros;
}

function sumMicros(cpuMicros: CpuMicros): number {
  return PROCESSES.reduce((total, name) => total + cpuMicros[name], 0);
}
