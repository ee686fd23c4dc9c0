import type { DiscountTerms } from './terms.ts';

/** Percentages are exact to the hundredth: 12.5 % is 1,250 basis points. */
const BASIS_POINTS_PER_PERCENT = 100;
const BASIS_POINTS_PER_WHOLE = 10_000n;

/**
 * Returns a percentage of an amount, rounded half up to whole minor units. It counts in basis
 * points as BigInt, since the products exceed safe integers.
 */
export function takePercent(amount: number, percent: number): number {
  const basisPoints = BigInt(Math.round(percent * BASIS_POINTS_PER_PERCENT));
  const doubled = 2n * BigInt(amount) * basisPoints + BASIS_POINTS_PER_WHOLE;
  return Number(doubled / (2n * BASIS_POINTS_PER_WHOLE));
}

/**
 * Returns what a discount takes off lines that sum to `amount`, in minor units; at most `amount`.
 */
export function amountOff(terms: DiscountTerms, amount: number): number {
  const { kind, value, maximumDiscount = amount } = terms;
  const off = kind === 'percentage' ? takePercent(amount, value) : value;
  return Math.min(off, maximumDiscount, amount);
}

/**
 * Splits `whole` in proportion to `weights` into whole numbers that sum to it, by the largest
 * remainder method (Hamilton, 1792). Of equal remainders the earlier one is rounded up first. No
 * part exceeds its weight.
 * @throws RangeError if `whole` exceeds the sum of the weights
 */
export function spread(whole: number, weights: readonly number[]): number[] {
  if (whole === 0) return weights.map(() => 0);
  const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n);
  if (BigInt(whole) > sum) throw new RangeError(`${whole} is more than the sum of the weights`);
  const products = weights.map((weight) => BigInt(whole) * BigInt(weight));
  const parts = products.map((product) => Number(product / sum));
  let unassigned = whole - parts.reduce((total, part) => total + part, 0);
  const byRemainder = products
    .map((product, index) => ({ index, remainder: product % sum }))
    .sort(
      (first, second) => compare(second.remainder, first.remainder) || first.index - second.index,
    );
  for (const { index } of byRemainder) {
    if (unassigned === 0) break;
    parts[index] = (parts[index] ?? 0) + 1;
    unassigned -= 1;
  }
  return parts;
}

function compare(first: bigint, second: bigint): number {
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
