import { commonest, isCorrected, nearWords } from '../../../shared/domain/misspellings.ts';
import type { SearchLookups } from '../../../shared/domain/search-lookups.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';
import { conditionOf } from './search-pipeline.ts';

/** Products that are looked at for what a misspelt word may have meant. */
const NEAR_PRODUCTS_MAX = 200;

/**
 * For the words that no product of the list has, the one that most of its products have among
 * those that are written almost so. What the list is narrowed by does not count: a word that
 * somebody uses is not misspelt because nothing called so is cheap enough. Only words of products
 * that the caller may see are found.
 * @param seen the places of words that are known to be found
 */
export async function correctionsOf(
  store: Store,
  among: ProductFilter,
  { words, lookups }: SearchLookups,
  seen: ReadonlySet<number>,
): Promise<Map<string, string>> {
  const doubted = new Set(
    [...words.keys()].filter((at) => !seen.has(at) && isCorrected(words[at] ?? '')),
  );
  if (doubted.size === 0) return new Map();
  const probes = lookups.filter(({ stands }) => stands.some((at) => doubted.has(at)));
  for (const at of await placesFound(store, among, probes)) doubted.delete(at);
  const corrected = await Promise.all(
    [...doubted].map(async (at) => {
      const word = words[at] ?? '';
      const meant = await meantBy(store, among, nearWords(word));
      return meant === undefined ? [] : [[word, meant] as const];
    }),
  );
  return new Map(corrected.flat());
}

/** The places of the words that some product of the list has. */
async function placesFound(
  store: Store,
  among: ProductFilter,
  probes: SearchLookups['lookups'],
): Promise<Set<number>> {
  const [first = [], ...others] = probes.map((lookup) => [
    { $match: { $and: [conditionOf(lookup), among] } },
    { $limit: 1 },
    { $project: { _id: 0, places: { $literal: lookup.stands } } },
  ]);
  const { collection } = store.products;
  const coll = collection.collectionName;
  const stages = [...first, ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } }))];
  const found = await collection
    .aggregate<{ places: number[] }>(stages as never[], { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  return new Set(found.flatMap(({ places }) => places));
}

async function meantBy(
  store: Store,
  among: ProductFilter,
  near: readonly string[],
): Promise<string | undefined> {
  const stages = [
    { $match: { 'listed.words': { $in: [...near] } } },
    // Before the filter: it is what is looked at that costs, and not what is found.
    { $limit: NEAR_PRODUCTS_MAX },
    { $match: among },
    { $project: { _id: 0, words: '$listed.words' } },
  ];
  const found = await store.products.collection
    .aggregate<{ words: string[] }>(stages as never[], { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  return commonest(
    near,
    found.map(({ words }) => words),
  );
}
