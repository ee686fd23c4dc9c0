import { amountOff, spread } from './shares.ts';
import { type DiscountTerms, toCodeKey } from './terms.ts';

/** A discount that applies, with the lines it applies to, by their places among the amounts. */
export interface Candidate {
  readonly terms: DiscountTerms;
  readonly places: readonly number[];
  /** What it takes off when it is the only one, in minor units. */
  readonly alone: number;
}

/** Discounts that are used together: what each takes off, and what each line loses. */
export interface Selection {
  readonly used: readonly { readonly candidate: Candidate; readonly amount: number }[];
  readonly off: readonly number[];
}

/**
 * The stacking rule of one shop. It chooses between each discount alone and all combinable ones
 * together, and takes what takes most off; of equals the fewer codes, then the one given first.
 *
 * A combination never takes off less than one of its members would alone: what the earlier ones
 * took from a later one's lines lessens what that one takes by so much at most.
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
    const together = takeTogether(amounts, combinable.toSorted(byTurn));
    const total = together.used.reduce((sum, { amount }) => sum + amount, 0);
    if (total > best.alone) return together;
  }
  return takeTogether(amounts, [best]);
}

/**
 * Percentages before fixed amounts, the greater before the smaller, then by code: so it does not
 * depend on the order in which the buyer typed them.
 */
function byTurn({ terms: one }: Candidate, { terms: other }: Candidate): number {
  if (one.kind !== other.kind) return one.kind === 'percentage' ? -1 : 1;
  if (one.value !== other.value) return other.value - one.value;
  return toCodeKey(one.code) < toCodeKey(other.code) ? -1 : 1;
}

/** Takes each off what those before it have left. One that finds nothing left is not used. */
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
