/** Returns the median: the middle value, or the mean of the two middle values. NaN if empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort(ascending);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  if (!Number.isInteger(middle)) return upper;
  return (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * Returns the percentile by nearest rank: the smallest value such that at least `share` (0 to 1) of
 * the values do not exceed it. The result is always one of the values. NaN if empty.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort(ascending);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The distribution of a set of times, in their unit. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Summarises the values. NaN if empty. */
export function toSpread(values: readonly number[]): Spread {
  return {
    p50: percentile(values, 0.5),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}

/** Returns the median of each figure over several rounds, and the overall maximum. */
export function medianSpread(rounds: readonly Spread[]): Spread {
  return {
    p50: median(rounds.map(({ p50 }) => p50)),
    p90: median(rounds.map(({ p90 }) => p90)),
    p99: median(rounds.map(({ p99 }) => p99)),
    max: percentile(
      rounds.map(({ max }) => max),
      1,
    ),
  };
}

function ascending(first: number, second: number): number {
  return first - second;
}
