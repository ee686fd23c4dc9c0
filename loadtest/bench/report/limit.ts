import type { LimitReport, PartReport } from './report.ts';

/** What was measured of HOT. */
interface Reached {
  readonly perSecond: number;
  readonly cpuMicrosTotal: number;
}

/**
 * The limit is the rate at which all cores together could run the parts of the road and nothing
 * else: cores ÷ the CPU seconds that one checkout costs in them, over all processes.
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
