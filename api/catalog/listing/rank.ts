import { POINTS, type SearchLookups } from '../../../shared/domain/search-lookups.ts';
import type { Candidates } from './find-candidates.ts';

/** A point is worth more than any difference between the lengths of titles. */
const POINT = 1_000;

/** A product that a search found. */
export interface Ranked {
  readonly id: string;
  /** How many words of the query it has. */
  readonly matched: number;
  /** What these are worth: a word of a short title more than one of a long title. */
  readonly score: number;
}

/** Tells of each product that was found how many words it has, and what they are worth. */
export function rank({ words, lookups }: SearchLookups, found: readonly Candidates[]): Ranked[] {
  const all = Math.max(1, words.length);
  const ranked = new Map<string, { id: string; matched: number; score: number; word: number }>();
  for (const [at, { word, points }] of lookups.entries()) {
    const isCounted = word === undefined || word < words.length;
    const { ids = [], lengths = [] } = found[at] ?? {};
    for (const [index, id] of ids.entries()) {
      let product = ranked.get(id);
      if (product === undefined) {
        if (!isCounted) continue;
        product = { id, matched: 0, score: 0, word: -1 };
        ranked.set(id, product);
      }
      // The first lookup of a word that finds a product is the one that is worth most.
      if (product.word === word) continue;
      product.word = word ?? -1;
      product.score += points * POINT;
      if (points === POINTS.title) product.score -= Math.min(POINT, lengths[index] ?? 0);
      if (isCounted)
        product.matched = word === undefined ? all : Math.min(all, product.matched + 1);
    }
  }
  return [...ranked.values()];
}

/** Orders products with as many words: by what those are worth, then by age, the newest first. */
export function compareScores(one: Ranked, other: Ranked): number {
  return other.score - one.score || (one.id < other.id ? 1 : -1);
}
