import { findCommonest, isCorrected, nearWords } from '../../../shared/domain/misspellings.ts';
import { MARKS } from '../../../shared/domain/search-words.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';

/** Products that are looked at for what a misspelt word may have meant. */
const NEAR_PRODUCTS_MAX = 200;

/**
 * For the words that no product of the list has, the one that most of its products have among
 * those that are written almost so. Only words of products that the caller may see are found.
 */
export async function findCorrections(
  store: Store,
  among: ProductFilter,
  unknown: readonly string[],
): Promise<Map<string, string>> {
  const corrected = await Promise.all(
    unknown.filter(isCorrected).map(async (word) => {
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
  const found = await store.products
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
