/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort(ascending);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  if (!Number.isInteger(middle)) return upper;
  return (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * The smallest of the values that at least `share` (0 to 1) of them do not exceed (nearest rank):
 * always one that was measured. NaN of nothing.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort(ascending);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** How a set of times is spread; all in the unit of the values. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How the values are spread; NaN of nothing. */
export function toSpread(values: readonly number[]): Spread {
  return {
    p50: percentile(values, 0.5),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}

/** The median of each figure over several rounds, but for the maximum, which is that of all. */
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
