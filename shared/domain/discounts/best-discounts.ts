import { amountOff, spread } from './shares.ts';
import { type DiscountTerms, toCodeKey } from './terms.ts';

/** A discount that applies; `places` are the indexes of its lines among the amounts. */
export interface Candidate {
  readonly terms: DiscountTerms;
  readonly places: readonly number[];
  /** The amount that it takes off alone, in minor units. */
  readonly alone: number;
}

/**
 * Discounts that are used together: the amount that each takes off, and the amount taken off each
 * line.
 */
export interface Selection {
  readonly used: readonly { readonly candidate: Candidate; readonly amount: number }[];
  readonly off: readonly number[];
}

/**
 * Chooses the discounts of one shop that are used together (the stacking rule). It compares each
 * discount alone with all combinable discounts together, and chooses the option that takes most
 * off. Of equal options it prefers a single discount to the combination, and of equal discounts the
 * first in `candidates`.
 *
 * A combination never takes off less than one of its members alone: what earlier members took from
 * a later member's lines reduces the later member's amount by at most that much.
 */
export function bestDiscounts(
  amounts: readonly number[],
  candidates: readonly Candidate[],
): Selection {
  const [first, ...others] = candidates;
  if (first === undefined) return { used: [], off: amounts.map(() => 0) };
  const best = others.reduce(
    (most, candidate) => (candidate.alone > most.alone ? candidate : most),
    first,
  );
  const combinable = candidates.filter(({ terms }) => terms.isCombinable);
  if (combinable.length > 1) {
    const together = takeTogether(amounts, combinable.toSorted(byPrecedence));
    const total = together.used.reduce((sum, { amount }) => sum + amount, 0);
    if (total > best.alone) return together;
  }
  return takeTogether(amounts, [best]);
}

/**
 * Sorts percentages before fixed amounts, greater before smaller values, then by code, so that the
 * order in which the buyer typed the codes does not matter.
 */
function byPrecedence({ terms: first }: Candidate, { terms: second }: Candidate): number {
  if (first.kind !== second.kind) return first.kind === 'percentage' ? -1 : 1;
  if (first.value !== second.value) return second.value - first.value;
  return toCodeKey(first.code) < toCodeKey(second.code) ? -1 : 1;
}

/**
 * Takes each discount off what the earlier discounts left. A discount that would take nothing off
 * is not used.
 */
function takeTogether(amounts: readonly number[], candidates: readonly Candidate[]): Selection {
  const left = [...amounts];
  const used: { candidate: Candidate; amount: number }[] = [];
  for (const candidate of candidates) {
    const weights = candidate.places.map((place) => left[place] ?? 0);
    const amount = amountOff(candidate.terms, sum(weights));
    if (amount === 0) continue;
    used.push({ candidate, amount });
    spread(amount, weights).forEach((part, index) => {
      const place = candidate.places[index] ?? 0;
      left[place] = (left[place] ?? 0) - part;
    });
  }
  return { used, off: amounts.map((amount, place) => amount - (left[place] ?? 0)) };
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
