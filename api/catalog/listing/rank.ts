import { POINTS, type SearchLookups } from '../../../shared/domain/search-lookups.ts';

/** The score of a point: at least as much as any difference between the lengths of titles. */
const POINT = 1_000;

/** The products that a lookup found, and the number of words in the title of each. */
export interface Candidates {
  readonly ids: readonly string[];
  readonly lengths: readonly number[];
}

/** A product that a search found. */
export interface Ranked {
  readonly id: string;
  /** The number of words of the query that the product has. */
  readonly matched: number;
  /** `POINT` for each point of these words. A word counts for more in a short title than in a long one. */
  readonly score: number;
}

/** Returns the found products, each with the number of its matched words and its score. */
export function rank(
  { words, lookups }: SearchLookups,
  candidates: readonly Candidates[],
): Ranked[] {
  const wordCount = Math.max(1, words.length);
  const ranked = new Map<string, { id: string; matched: number; score: number; word: number }>();
  for (const [lookupIndex, { word, points }] of lookups.entries()) {
    const isCounted = word === undefined || word < words.length;
    const { ids = [], lengths = [] } = candidates[lookupIndex] ?? {};
    for (const [index, id] of ids.entries()) {
      let product = ranked.get(id);
      if (product === undefined) {
        if (!isCounted) continue;
        product = { id, matched: 0, score: 0, word: -1 };
        ranked.set(id, product);
      }
      // The lookups of a word follow each other, those with the most points first. So only the
      // first of them that finds a product counts.
      if (product.word === word) continue;
      product.word = word ?? -1;
      product.score += points * POINT;
      if (points === POINTS.title) product.score -= Math.min(POINT, lengths[index] ?? 0);
      if (isCounted)
        product.matched = word === undefined ? wordCount : Math.min(wordCount, product.matched + 1);
    }
  }
  return [...ranked.values()];
}

/** Compares products with equally many matched words: by score, then the newest first. */
export function compareScores(a: Ranked, b: Ranked): number {
  return b.score - a.score || (a.id < b.id ? 1 : -1);
}
