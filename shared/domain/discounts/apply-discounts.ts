import type { PricedLine } from '../vocabulary.ts';
import { bestDiscounts, type Candidate } from './best-discounts.ts';
import { judgeTerms } from './judge-terms.ts';
import {
  type AppliedDiscount,
  type DiscountTerms,
  type FoundCodes,
  type RefusedDiscount,
  toCodeKey,
} from './terms.ts';

/** What is to be bought, the codes given for it, and what there is for them. */
export interface DiscountInput extends FoundCodes {
  /** Without discounts yet. Their sum is a safe integer. */
  readonly lines: readonly PricedLine[];
  /** As the buyer typed them; repeats count once. */
  readonly codes: readonly string[];
  readonly currency: string;
  readonly at: Date;
}

/** Lines with what is taken off each, and what became of every code, in the order given. */
export interface DiscountOutcome {
  readonly lines: PricedLine[];
  readonly applied: readonly AppliedDiscount[];
  readonly refused: readonly RefusedDiscount[];
}

/**
 * Applies codes to lines: in every shop those that it has, by the rule of `bestDiscounts`. The
 * parts on the lines sum to the amounts of the discounts, and no line goes below zero.
 */
export function applyDiscounts(input: DiscountInput): DiscountOutcome {
  const given = codesByKey(input.codes);
  const termsOfShop = groupTerms(input.terms, given);
  const cancelledOfShop = Map.groupBy(input.cancelled, ({ shopId }) => shopId);
  const off = input.lines.map(() => 0);
  const applied: AppliedDiscount[] = [];
  const refused: RefusedDiscount[] = [];
  for (const [shopId, indexes] of indexesByShop(input.lines)) {
    const shop = applyInShop(shopId, indexes, termsOfShop.get(shopId) ?? [], input);
    applied.push(...shop.applied);
    refused.push(...shop.refused);
    for (const { codeKey } of cancelledOfShop.get(shopId) ?? []) {
      const code = given.get(codeKey);
      if (code !== undefined) refused.push({ code, shopId, reason: 'cancelled' });
    }
    indexes.forEach((index, place) => {
      off[index] = shop.off[place] ?? 0;
    });
  }
  const told = new Set([...applied, ...refused].map(({ code }) => toCodeKey(code)));
  for (const [key, code] of given) {
    if (!told.has(key)) refused.push({ code, reason: 'unknown_code' });
  }
  const turns = new Map(Array.from(given.keys(), (key, turn) => [key, turn]));
  const byTurn = (one: { code: string }, other: { code: string }) =>
    (turns.get(toCodeKey(one.code)) ?? 0) - (turns.get(toCodeKey(other.code)) ?? 0);
  const lines = input.lines.map((line, index) => withDiscount(line, off[index] ?? 0));
  return { lines, applied: applied.sort(byTurn), refused: refused.sort(byTurn) };
}

/**
 * The codes that are no good anywhere, for reasons of their own, each with the first of them: a
 * checkout is not placed for more than its buyer was promised. That another takes more off is no
 * such reason.
 */
export function failedCodes({
  applied,
  refused,
}: Pick<DiscountOutcome, 'applied' | 'refused'>): RefusedDiscount[] {
  const told = new Set(applied.map(({ code }) => toCodeKey(code)));
  for (const { code, reason } of refused) {
    if (reason === 'another_is_better') told.add(toCodeKey(code));
  }
  return refused.filter(({ code }) => {
    const key = toCodeKey(code);
    return !told.has(key) && told.add(key);
  });
}

function applyInShop(
  shopId: string,
  indexes: readonly number[],
  terms: readonly DiscountTerms[],
  { lines, currency, at }: DiscountInput,
) {
  const own = indexes.flatMap((index) => lines[index] ?? []);
  const amounts = own.map(({ quantity, unitPrice }) => quantity * unitPrice);
  const shop = { productIds: own.map(({ productId }) => productId), amounts, currency, at };
  const candidates: Candidate[] = [];
  const refused: RefusedDiscount[] = [];
  for (const each of terms) {
    const judgement = judgeTerms(each, shop);
    if ('candidate' in judgement) candidates.push(judgement.candidate);
    else refused.push({ code: each.code, shopId, reason: judgement.reason });
  }
  const { used, off } = bestDiscounts(amounts, candidates);
  const applied = used.map(({ candidate, amount }): AppliedDiscount => {
    return { discountId: candidate.terms.id, shopId, code: candidate.terms.code, amount };
  });
  const usedOnes = new Set(used.map(({ candidate }) => candidate));
  for (const candidate of candidates) {
    if (usedOnes.has(candidate)) continue;
    refused.push({ code: candidate.terms.code, shopId, reason: 'another_is_better' });
  }
  return { applied, refused, off };
}

function codesByKey(codes: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const code of codes) {
    const key = toCodeKey(code);
    if (!given.has(key)) given.set(key, code);
  }
  return given;
}

/** The terms that were asked for, by shop, in the order of the codes. */
function groupTerms(
  terms: readonly DiscountTerms[],
  given: ReadonlyMap<string, string>,
): Map<string, DiscountTerms[]> {
  const ofKey = Map.groupBy(terms, ({ code }) => toCodeKey(code));
  const asked = Array.from(given.keys()).flatMap((key) => ofKey.get(key) ?? []);
  return Map.groupBy(asked, ({ shopId }) => shopId);
}

function indexesByShop(lines: readonly PricedLine[]): Map<string, number[]> {
  return Map.groupBy(lines.keys(), (index) => lines[index]?.shopId ?? '');
}

function withDiscount(line: PricedLine, discount: number): PricedLine {
  return discount === 0 ? line : { ...line, discount };
}
