import { type CpuUse, type Pids, startCpuMeter } from '../machine/cpu-meter.ts';
import type { ProcessName } from '../report/report.ts';

/** Measures the CPU use of these processes until the returned function is called. */
export type Watch = (measured: Partial<Record<ProcessName, Pids>>) => () => CpuUse<ProcessName>;

/**
 * Returns a function that measures some of the bench's processes. The CPU time of its other
 * processes does not count as foreign.
 */
export function watchAmong(pids: readonly number[]): Watch {
  return (measured) => {
    const watched = new Set(Object.values(measured).flat());
    const others = [...new Set(pids)].filter((pid) => !watched.has(pid));
    return startCpuMeter({ measured: measured as Record<ProcessName, Pids>, others });
  };
}
