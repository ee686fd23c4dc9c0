import type { PricedLine } from '../vocabulary.ts';
import { bestDiscounts, type Candidate } from './best-discounts.ts';
import { amountOff } from './shares.ts';
import {
  type AppliedDiscount,
  type DiscountRefusalReason,
  type DiscountTerms,
  type FoundCodes,
  type RefusedDiscount,
  toCodeKey,
} from './terms.ts';

/** The lines of a checkout, its codes, and the discounts found for them. */
export interface DiscountInput extends FoundCodes {
  /** The lines before discounts. Their sum is a safe integer. */
  readonly lines: readonly PricedLine[];
  /** The codes as the buyer typed them; repeated codes count once. */
  readonly codes: readonly string[];
  readonly currency: string;
  readonly at: Date;
}

/** Lines with their discounts, and the result of every code, in the order of the codes. */
export interface DiscountOutcome {
  readonly lines: PricedLine[];
  readonly applied: readonly AppliedDiscount[];
  readonly refused: readonly RefusedDiscount[];
}

/**
 * Applies codes to lines. The lines of each shop get the discounts of that shop's codes, by the
 * rule of `bestDiscounts`. The discounts of the lines sum to the amounts of the codes, and no line
 * goes below zero.
 */
export function applyDiscounts(input: DiscountInput): DiscountOutcome {
  const codeByKey = indexCodes(input.codes);
  const termsOfShop = groupTerms(input.terms, codeByKey);
  const cancelledOfShop = Map.groupBy(input.cancelled, ({ shopId }) => shopId);
  const off = input.lines.map(() => 0);
  const applied: AppliedDiscount[] = [];
  const refused: RefusedDiscount[] = [];
  for (const [shopId, indexes] of indexesByShop(input.lines)) {
    const shop = applyInShop(shopId, indexes, termsOfShop.get(shopId) ?? [], input);
    applied.push(...shop.applied);
    refused.push(...shop.refused);
    for (const { codeKey } of cancelledOfShop.get(shopId) ?? []) {
      const code = codeByKey.get(codeKey);
      if (code !== undefined) refused.push({ code, shopId, reason: 'cancelled' });
    }
    indexes.forEach((index, place) => {
      off[index] = shop.off[place] ?? 0;
    });
  }
  const judged = new Set([...applied, ...refused].map(({ code }) => toCodeKey(code)));
  for (const [key, code] of codeByKey) {
    if (!judged.has(key)) refused.push({ code, reason: 'unknown_code' });
  }
  const places = new Map(Array.from(codeByKey.keys(), (key, place) => [key, place]));
  const byPlace = (first: { code: string }, second: { code: string }) =>
    (places.get(toCodeKey(first.code)) ?? 0) - (places.get(toCodeKey(second.code)) ?? 0);
  const lines = input.lines.map((line, index) => withDiscount(line, off[index] ?? 0));
  return { lines, applied: applied.sort(byPlace), refused: refused.sort(byPlace) };
}

/**
 * Finds the codes that apply in no shop, each with its first reason. A checkout with such a code is
 * not placed, since its buyer would pay more than expected. A code that is refused only because
 * another is better has not failed.
 */
export function failedCodes({
  applied,
  refused,
}: Pick<DiscountOutcome, 'applied' | 'refused'>): RefusedDiscount[] {
  const settled = new Set(applied.map(({ code }) => toCodeKey(code)));
  for (const { code, reason } of refused) {
    if (reason === 'another_is_better') settled.add(toCodeKey(code));
  }
  return refused.filter(({ code }) => {
    const key = toCodeKey(code);
    return !settled.has(key) && settled.add(key);
  });
}

function applyInShop(
  shopId: string,
  indexes: readonly number[],
  terms: readonly DiscountTerms[],
  { lines, currency, at }: DiscountInput,
) {
  const shopLines = indexes.flatMap((index) => lines[index] ?? []);
  const amounts = shopLines.map(({ quantity, unitPrice }) => quantity * unitPrice);
  const shop = { productIds: shopLines.map(({ productId }) => productId), amounts, currency, at };
  const candidates: Candidate[] = [];
  const refused: RefusedDiscount[] = [];
  for (const discount of terms) {
    const judgement = judgeTerms(discount, shop);
    if ('candidate' in judgement) candidates.push(judgement.candidate);
    else refused.push({ code: discount.code, shopId, reason: judgement.reason });
  }
  const { used, off } = bestDiscounts(amounts, candidates);
  const applied = used.map(({ candidate, amount }): AppliedDiscount => {
    return { discountId: candidate.terms.id, shopId, code: candidate.terms.code, amount };
  });
  const usedCandidates = new Set(used.map(({ candidate }) => candidate));
  for (const candidate of candidates) {
    if (usedCandidates.has(candidate)) continue;
    refused.push({ code: candidate.terms.code, shopId, reason: 'another_is_better' });
  }
  return { applied, refused, off };
}

/** Maps the key of each code to the code as it was first typed. */
function indexCodes(codes: readonly string[]): Map<string, string> {
  const codeByKey = new Map<string, string>();
  for (const code of codes) {
    const key = toCodeKey(code);
    if (!codeByKey.has(key)) codeByKey.set(key, code);
  }
  return codeByKey;
}

/** Selects the terms that have these codes, and groups them by shop in the order of the codes. */
function groupTerms(
  terms: readonly DiscountTerms[],
  codeByKey: ReadonlyMap<string, string>,
): Map<string, DiscountTerms[]> {
  const termsByKey = Map.groupBy(terms, ({ code }) => toCodeKey(code));
  const named = Array.from(codeByKey.keys()).flatMap((key) => termsByKey.get(key) ?? []);
  return Map.groupBy(named, ({ shopId }) => shopId);
}

function indexesByShop(lines: readonly PricedLine[]): Map<string, number[]> {
  return Map.groupBy(lines.keys(), (index) => lines[index]?.shopId ?? '');
}

function withDiscount(line: PricedLine, discount: number): PricedLine {
  return discount === 0 ? line : { ...line, discount };
}

/** The lines of one shop before discounts: a product and an amount for each. */
interface ShopLines {
  readonly productIds: readonly string[];
  readonly amounts: readonly number[];
  readonly currency: string;
  readonly at: Date;
}

/** The amount that a discount would take off by itself, or why it does not apply. */
type Judgement = { readonly candidate: Candidate } | { readonly reason: DiscountRefusalReason };

/** Judges one discount by itself, without regard to its usage limits. */
function judgeTerms(terms: DiscountTerms, shop: ShopLines): Judgement {
  const reason = findReasonBeforeLines(terms, shop);
  if (reason !== undefined) return { reason };
  const places = findPlaces(terms, shop);
  if (places.length === 0) return { reason: 'no_eligible_lines' };
  let eligible = 0;
  for (const place of places) eligible += shop.amounts[place] ?? 0;
  if (eligible < (terms.minimumSubtotal ?? 0)) return { reason: 'minimum_not_reached' };
  const alone = amountOff(terms, eligible);
  if (alone === 0) return { reason: 'takes_nothing_off' };
  return { candidate: { terms, places, alone } };
}

function findReasonBeforeLines(
  { startsAt, endsAt, currency }: DiscountTerms,
  shop: ShopLines,
): DiscountRefusalReason | undefined {
  if (shop.at < startsAt) return 'not_started';
  if (shop.at >= endsAt) return 'ended';
  if (currency !== undefined && currency !== shop.currency) return 'other_currency';
  return undefined;
}

function findPlaces({ productIds }: DiscountTerms, shop: ShopLines): number[] {
  const eligible = productIds === undefined ? undefined : new Set(productIds);
  const places: number[] = [];
  shop.productIds.forEach((productId, place) => {
    if (eligible === undefined || eligible.has(productId)) places.push(place);
  });
  return places;
}
