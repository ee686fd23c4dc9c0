import { findCommonest, isCorrected, nearWords } from '../../../shared/domain/misspellings.ts';
import type { SearchLookups } from '../../../shared/domain/search-lookups.ts';
import { MARKS } from '../../../shared/domain/search-words.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';
import { findCandidates } from './find-candidates.ts';
import type { Condition } from './orders.ts';

/** Products that are looked at for what a misspelt word may have meant. */
const NEAR_PRODUCTS_MAX = 200;

interface Searched {
  readonly among: ProductFilter;
  readonly conditions: readonly Condition[];
}

/**
 * For the words that no product of the list has, the one that most of its products have among
 * those that are written almost so. What the list is narrowed by does not count: a word that
 * somebody uses is not misspelt because nothing called so is cheap enough. Only words of products
 * that the caller may see are found.
 */
export async function findCorrections(
  store: Store,
  { among, conditions }: Searched,
  { words, lookups }: SearchLookups,
  unknown: readonly string[],
): Promise<Map<string, string>> {
  let doubted = unknown.filter(isCorrected);
  if (doubted.length > 0 && conditions.length > 0) {
    const probes = lookups.filter(({ word }) => doubted.includes(words[word ?? -1] ?? ''));
    const found = await findCandidates(store, probes, [{ ...among }]);
    const used = probes.filter((_, at) => found[at]?.ids.length !== 0);
    doubted = doubted.filter((text) => !used.some(({ word }) => words[word ?? -1] === text));
  }
  const corrected = await Promise.all(
    doubted.map(async (word) => {
      const meant = await findMeant(store, among, nearWords(word));
      return meant === undefined ? [] : [[word, meant] as const];
    }),
  );
  return new Map(corrected.flat());
}

async function findMeant(
  store: Store,
  among: ProductFilter,
  near: readonly string[],
): Promise<string | undefined> {
  const entries = near.flatMap((word) => [word, MARKS.detail + word]);
  const found = await store.products.collection
    .aggregate<{ words: string[] }>(
      [
        { $match: { 'listed.words': { $in: entries } } },
        // Before the filter: it is what is looked at that costs, and not what is found.
        { $limit: NEAR_PRODUCTS_MAX },
        { $match: among },
        { $project: { _id: 0, words: '$listed.words' } },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return findCommonest(
    near,
    found.map(({ words }) => words.map((word) => word.replace(MARKS.detail, ''))),
  );
}
