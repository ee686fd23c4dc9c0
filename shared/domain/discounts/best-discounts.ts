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
 * The stacking rule of one shop. It compares each discount alone with all combinable ones together,
 * and chooses the option that takes most off; among equals the one with fewer codes, then the first
 * given.
 *
 * A combination never takes off less than one of its members alone: what earlier members took from
 * a later member's lines reduces its share by that amount at most.
 */
export function bestDiscounts(
  amounts: readonly number[],
  candidates: readonly Candidate[],
): Selection {
  const [first, ...others] = candidates;
  if (first === undefined) return { used: [], off: amounts.map(() => 0) };
  const best = others.reduce((most, each) => (each.alone > most.alone ? each : most), first);
  const combinable = candidates.filter(({ terms }) => terms.isCombinable);
  if (combinable.length > 1) {
    const together = takeTogether(amounts, combinable.toSorted(byPrecedence));
    const total = together.used.reduce((sum, { amount }) => sum + amount, 0);
    if (total > best.alone) return together;
  }
  return takeTogether(amounts, [best]);
}

/**
 * Sorts percentages before fixed amounts, greater before smaller, then by code, so that the order
 * in which the buyer typed them does not matter.
 */
function byPrecedence({ terms: one }: Candidate, { terms: other }: Candidate): number {
  if (one.kind !== other.kind) return one.kind === 'percentage' ? -1 : 1;
  if (one.value !== other.value) return other.value - one.value;
  return toCodeKey(one.code) < toCodeKey(other.code) ? -1 : 1;
}

/**
 * Takes each discount off what the earlier ones left. A discount with nothing left to take off is
 * not used.
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
