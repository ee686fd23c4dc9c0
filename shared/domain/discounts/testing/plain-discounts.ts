import type { PricedLine } from '../../vocabulary.ts';
import type { DiscountInput } from '../apply-discounts.ts';
import type { DiscountTerms } from '../terms.ts';

/** The amount of a line before discounts. */
export const toAmount = ({ quantity, unitPrice }: PricedLine) => quantity * unitPrice;

/** The sum of amounts. */
export const sum = (amounts: readonly number[]) => amounts.reduce((total, each) => total + each, 0);

/** The lines that a discount applies to. */
export const eligibleFor = (each: DiscountTerms, lines: readonly PricedLine[]) =>
  lines.filter(
    ({ shopId, productId }) =>
      shopId === each.shopId && (each.productIds?.includes(productId) ?? true),
  );

/** The amount that one discount alone would take off. */
export function amountAlone(each: DiscountTerms, { lines, codes, at, currency }: DiscountInput) {
  const isGiven = codes.some((code) => code.toLowerCase() === each.code.toLowerCase());
  const isOpen = each.startsAt.getTime() <= at.getTime() && at.getTime() < each.endsAt.getTime();
  const isForeign = (each.currency ?? currency) !== currency;
  const eligible = eligibleFor(each, lines);
  const whole = sum(eligible.map(toAmount));
  if (!isGiven || !isOpen || isForeign || eligible.length === 0) return 0;
  return whole < (each.minimumSubtotal ?? 0) ? 0 : amountTakenOff(each, whole);
}

/** The amounts taken off by the discounts' ids, and the amounts taken off each line. */
export interface PlainOutcome {
  readonly amounts: ReadonlyMap<string, number>;
  readonly off: readonly number[];
}

/**
 * The rules of docs/api.md, implemented simply and differently from the product: one shop and one
 * discount after the other, on an array of the rest of each line.
 */
export function plainDiscounts(given: DiscountInput): PlainOutcome {
  const left = given.lines.map(toAmount);
  const amounts = new Map<string, number>();
  for (const shopId of new Set(given.lines.map((line) => line.shopId))) {
    for (const each of chosenIn(shopId, given)) takeOff(each, given.lines, left, amounts);
  }
  return { amounts, off: given.lines.map((line, place) => toAmount(line) - (left[place] ?? 0)) };
}

/** The options of a shop, in the order in which they are tried. */
function chosenIn(shopId: string, given: DiscountInput): DiscountTerms[] {
  const findPlace = ({ code }: DiscountTerms) =>
    given.codes.findIndex((typed) => typed.toLowerCase() === code.toLowerCase());
  const good = given.terms
    .filter((each) => each.shopId === shopId && amountAlone(each, given) > 0)
    .sort((one, other) => findPlace(one) - findPlace(other));
  const most = Math.max(0, ...good.map((each) => amountAlone(each, given)));
  const single = good.filter((each) => amountAlone(each, given) === most).slice(0, 1);
  const percentages = good.filter(({ kind }) => kind === 'percentage').sort(greaterFirst);
  const fixed = good.filter(({ kind }) => kind === 'fixed').sort(greaterFirst);
  const combinable = [...percentages, ...fixed].filter(({ isCombinable }) => isCombinable);
  const amounts = new Map<string, number>();
  const left = given.lines.map(toAmount);
  for (const each of combinable) takeOff(each, given.lines, left, amounts);
  return sum([...amounts.values()]) > most ? combinable : single;
}

function greaterFirst(one: DiscountTerms, other: DiscountTerms): number {
  return other.value - one.value || (one.code.toLowerCase() > other.code.toLowerCase() ? 1 : -1);
}

function takeOff(
  each: DiscountTerms,
  lines: readonly PricedLine[],
  left: number[],
  amounts: Map<string, number>,
): void {
  const places = eligibleFor(each, lines).map((line) => lines.indexOf(line));
  const weights = places.map((place) => left[place] ?? 0);
  const amount = amountTakenOff(each, sum(weights));
  if (amount === 0) return;
  amounts.set(each.id, amount);
  const parts = shares(amount, weights);
  places.forEach((place, index) => {
    left[place] = (left[place] ?? 0) - (parts[index] ?? 0);
  });
}

function amountTakenOff(each: DiscountTerms, whole: number): number {
  let off = each.value;
  if (each.kind === 'percentage') {
    const exact = BigInt(whole) * BigInt(Math.round(each.value * 100));
    const rest = exact % 10_000n;
    off = Number((exact - rest) / 10_000n) + (rest >= 5_000n ? 1 : 0);
  }
  return [off, each.maximumDiscount ?? off, whole].reduce((least, one) => Math.min(least, one));
}

/**
 * Rounds every share down; then, one by one, the line that lacks most of its share gets one more.
 */
function shares(whole: number, weights: readonly number[]): number[] {
  const total = BigInt(sum(weights));
  const parts = weights.map((weight) => (BigInt(whole) * BigInt(weight)) / total);
  const lacks = weights.map(
    (weight, index) => BigInt(whole) * BigInt(weight) - (parts[index] ?? 0n) * total,
  );
  while (parts.reduce((all, part) => all + part, 0n) < BigInt(whole)) {
    let lackingMost = 0;
    lacks.forEach((lack, index) => {
      if (lack > (lacks[lackingMost] ?? 0n)) lackingMost = index;
    });
    parts[lackingMost] = (parts[lackingMost] ?? 0n) + 1n;
    lacks[lackingMost] = -1n;
  }
  return parts.map(Number);
}
