import type { PricedLine } from '../../vocabulary.ts';
import type { DiscountInput } from '../apply-discounts.ts';
import type { DiscountTerms } from '../terms.ts';

/** The amount of a line before discounts. */
export const toAmount = ({ quantity, unitPrice }: PricedLine) => quantity * unitPrice;

/** The sum of amounts. */
export const sum = (amounts: readonly number[]) =>
  amounts.reduce((total, amount) => total + amount, 0);

/** The lines that a discount applies to. */
export const eligibleFor = (discount: DiscountTerms, lines: readonly PricedLine[]) =>
  lines.filter(
    ({ shopId, productId }) =>
      shopId === discount.shopId && (discount.productIds?.includes(productId) ?? true),
  );

/** The amount that one discount alone would take off. */
export function amountAlone(
  discount: DiscountTerms,
  { lines, codes, at, currency }: DiscountInput,
) {
  const isGiven = codes.some((code) => code.toLowerCase() === discount.code.toLowerCase());
  const isOpen =
    discount.startsAt.getTime() <= at.getTime() && at.getTime() < discount.endsAt.getTime();
  const isForeign = (discount.currency ?? currency) !== currency;
  const eligible = eligibleFor(discount, lines);
  const whole = sum(eligible.map(toAmount));
  if (!isGiven || !isOpen || isForeign || eligible.length === 0) return 0;
  return whole < (discount.minimumSubtotal ?? 0) ? 0 : amountTakenOff(discount, whole);
}

/** The amount that each discount takes off, by its id, and the amount taken off each line. */
export interface PlainOutcome {
  readonly amounts: ReadonlyMap<string, number>;
  readonly off: readonly number[];
}

/**
 * The rules of docs/api.md, implemented more simply than in `applyDiscounts` and without its code:
 * one shop and one discount after the other, on an array of what is left of each line.
 */
export function plainDiscounts(input: DiscountInput): PlainOutcome {
  const left = input.lines.map(toAmount);
  const amounts = new Map<string, number>();
  for (const shopId of new Set(input.lines.map((line) => line.shopId))) {
    for (const discount of findUsedDiscounts(shopId, input))
      takeOff(discount, input.lines, left, amounts);
  }
  return { amounts, off: input.lines.map((line, place) => toAmount(line) - (left[place] ?? 0)) };
}

/** Returns the discounts that are used in a shop, in the order in which they are taken off. */
function findUsedDiscounts(shopId: string, input: DiscountInput): DiscountTerms[] {
  const findPlace = ({ code }: DiscountTerms) =>
    input.codes.findIndex((typed) => typed.toLowerCase() === code.toLowerCase());
  const applicable = input.terms
    .filter((discount) => discount.shopId === shopId && amountAlone(discount, input) > 0)
    .sort((first, second) => findPlace(first) - findPlace(second));
  const most = Math.max(0, ...applicable.map((discount) => amountAlone(discount, input)));
  const single = applicable.filter((discount) => amountAlone(discount, input) === most).slice(0, 1);
  const percentages = applicable.filter(({ kind }) => kind === 'percentage').sort(greaterFirst);
  const fixed = applicable.filter(({ kind }) => kind === 'fixed').sort(greaterFirst);
  const combinable = [...percentages, ...fixed].filter(({ isCombinable }) => isCombinable);
  const amounts = new Map<string, number>();
  const left = input.lines.map(toAmount);
  for (const discount of combinable) takeOff(discount, input.lines, left, amounts);
  return sum([...amounts.values()]) > most ? combinable : single;
}

function greaterFirst(first: DiscountTerms, second: DiscountTerms): number {
  return (
    second.value - first.value || (first.code.toLowerCase() > second.code.toLowerCase() ? 1 : -1)
  );
}

function takeOff(
  discount: DiscountTerms,
  lines: readonly PricedLine[],
  left: number[],
  amounts: Map<string, number>,
): void {
  const places = eligibleFor(discount, lines).map((line) => lines.indexOf(line));
  const weights = places.map((place) => left[place] ?? 0);
  const amount = amountTakenOff(discount, sum(weights));
  if (amount === 0) return;
  amounts.set(discount.id, amount);
  const parts = shares(amount, weights);
  places.forEach((place, index) => {
    left[place] = (left[place] ?? 0) - (parts[index] ?? 0);
  });
}

function amountTakenOff(discount: DiscountTerms, whole: number): number {
  let off = discount.value;
  if (discount.kind === 'percentage') {
    const exact = BigInt(whole) * BigInt(Math.round(discount.value * 100));
    const remainder = exact % 10_000n;
    off = Number((exact - remainder) / 10_000n) + (remainder >= 5_000n ? 1 : 0);
  }
  return [off, discount.maximumDiscount ?? off, whole].reduce((least, amount) =>
    Math.min(least, amount),
  );
}

/**
 * Rounds every share down. Then adds 1 to the share that was rounded down most, and so on until the
 * shares sum to `whole`.
 */
function shares(whole: number, weights: readonly number[]): number[] {
  const total = BigInt(sum(weights));
  const parts = weights.map((weight) => (BigInt(whole) * BigInt(weight)) / total);
  const lacks = weights.map(
    (weight, index) => BigInt(whole) * BigInt(weight) - (parts[index] ?? 0n) * total,
  );
  while (parts.reduce((sum, part) => sum + part, 0n) < BigInt(whole)) {
    let lackingMost = 0;
    lacks.forEach((lack, index) => {
      if (lack > (lacks[lackingMost] ?? 0n)) lackingMost = index;
    });
    parts[lackingMost] = (parts[lackingMost] ?? 0n) + 1n;
    lacks[lackingMost] = -1n;
  }
  return parts.map(Number);
}
