import type { PricedLine } from '../vocabulary.ts';
import { bestDiscounts, type Candidate } from './best-discounts.ts';
import { judgeTerms } from './judge-terms.ts';
import {
  type AppliedDiscount,
  codeKeyOf,
  type DiscountTerms,
  type RefusedDiscount,
} from './terms.ts';

/** What is to be bought, the codes given for it, and the terms of those that there are. */
export interface DiscountInput {
  /** Without discounts yet. Their sum is a safe integer. */
  readonly lines: readonly PricedLine[];
  /** At most one for each shop and code. */
  readonly terms: readonly DiscountTerms[];
  /** As the buyer typed them; repeats count once. */
  readonly codes: readonly string[];
  readonly currency: string;
  readonly at: Date;
}

/** Lines with what is taken off each, and what became of every code, in the order given. */
export interface DiscountOutcome {
  readonly lines: PricedLine[];
  readonly applied: AppliedDiscount[];
  readonly refused: RefusedDiscount[];
}

/**
 * Applies codes to lines: in every shop those that it has, by the rule of `bestDiscounts`. The
 * parts on the lines sum to the amounts of the discounts, and no line goes below zero.
 */
export function applyDiscounts(input: DiscountInput): DiscountOutcome {
  const given = codesByKey(input.codes);
  const termsOfShop = groupTerms(input.terms, given);
  const off = input.lines.map(() => 0);
  const applied: AppliedDiscount[] = [];
  const refused: RefusedDiscount[] = [];
  for (const [shopId, indexes] of indexesByShop(input.lines)) {
    const shop = applyInShop(shopId, indexes, termsOfShop.get(shopId) ?? [], input);
    applied.push(...shop.applied);
    refused.push(...shop.refused);
    indexes.forEach((index, place) => {
      off[index] = shop.off[place] ?? 0;
    });
  }
  const told = new Set([...applied, ...refused].map(({ code }) => codeKeyOf(code)));
  for (const [key, code] of given) {
    if (!told.has(key)) refused.push({ code, reason: 'unknown_code' });
  }
  const turns = new Map(Array.from(given.keys(), (key, turn) => [key, turn]));
  const byTurn = (one: { code: string }, other: { code: string }) =>
    (turns.get(codeKeyOf(one.code)) ?? 0) - (turns.get(codeKeyOf(other.code)) ?? 0);
  const lines = input.lines.map((line, index) => withDiscount(line, off[index] ?? 0));
  return { lines, applied: applied.sort(byTurn), refused: refused.sort(byTurn) };
}

/**
 * The first code that is no good anywhere, for reasons of its own: a checkout is not placed for
 * more than its buyer was promised. That another takes more off is no such reason.
 */
export function failedCode({
  applied,
  refused,
}: {
  readonly applied: readonly AppliedDiscount[];
  readonly refused: readonly RefusedDiscount[];
}): RefusedDiscount | undefined {
  const good = new Set(applied.map(({ code }) => codeKeyOf(code)));
  for (const { code, reason } of refused) {
    if (reason === 'another_is_better') good.add(codeKeyOf(code));
  }
  return refused.find(({ code }) => !good.has(codeKeyOf(code)));
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
    const key = codeKeyOf(code);
    if (!given.has(key)) given.set(key, code);
  }
  return given;
}

/** The terms that were asked for, by shop, in the order of the codes. */
function groupTerms(
  terms: readonly DiscountTerms[],
  given: ReadonlyMap<string, string>,
): Map<string, DiscountTerms[]> {
  const ofKey = Map.groupBy(terms, ({ code }) => codeKeyOf(code));
  const asked = Array.from(given.keys()).flatMap((key) => ofKey.get(key) ?? []);
  return Map.groupBy(asked, ({ shopId }) => shopId);
}

function indexesByShop(lines: readonly PricedLine[]): Map<string, number[]> {
  return Map.groupBy(lines.keys(), (index) => lines[index]?.shopId ?? '');
}

function withDiscount(line: PricedLine, discount: number): PricedLine {
  return discount === 0 ? line : { ...line, discount };
}
