import type { LimitReport, PartReport } from './report.ts';

/** The measured figures of HOT. */
interface Reached {
  readonly perSecond: number;
  readonly cpuMicrosTotal: number;
}

/**
 * Computes the rate that all cores could reach if they ran only the parts: the number of cores ÷
 * the CPU seconds that one checkout costs in all parts and processes.
 */
export function findLimit(parts: readonly PartReport[], cores: number, hot: Reached): LimitReport {
  const cpuMicrosPerCheckout = parts
    .filter((part) => part.isOnTheRoad)
    .reduce((total, part) => total + part.cpuMicrosTotal, 0);
  const perSecond = (cores * 1_000_000) / cpuMicrosPerCheckout;
  return {
    cpuMicrosPerCheckout,
    perSecond,
    hotOnAllCores: (cores * 1_000_000) / hot.cpuMicrosTotal,
    share: hot.perSecond / perSecond,
    cpuShare: cpuMicrosPerCheckout / hot.cpuMicrosTotal,
  };
}
