import { searchLookupsOf } from '../../../shared/domain/search-lookups.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';
import { correctionsOf } from './corrections.ts';
import { type Condition, type Sort, searchOrder } from './orders.ts';
import { type Position, positionOf, type Stretch } from './positions.ts';
import { type Ranking, rankingStages, wordsIn } from './search-pipeline.ts';

/** What is searched for, among which products; `conditions` narrow them further. */
export interface Search {
  readonly query: string;
  readonly sort: Sort;
  readonly among: ProductFilter;
  readonly conditions: readonly Condition[];
}

/**
 * Ranks what a query finds: first by how many of its words a product has, then by the sum of what
 * they are worth. MongoDB's text index knows no "all words" and no beginnings of words, so each way
 * of being found is looked up by itself, and the database puts the results together in one round
 * trip. Words that nothing at all has are taken for misspelt, and what they may have meant is
 * ranked instead.
 */
export async function searchPositions(
  store: Store,
  search: Search,
  stretch: Stretch,
): Promise<Position[]> {
  const asWritten = searchLookupsOf(search.query);
  const { positions, places } = await ranked(store, search, asWritten, stretch);
  // What the best products have need not be looked for; usually that is every word.
  const corrections = await correctionsOf(store, search.among, asWritten, places);
  if (corrections.size === 0) return positions;
  const asMeant = searchLookupsOf(search.query, corrections);
  return (await ranked(store, search, asMeant, stretch)).positions;
}

/** The positions, and the places of the words that any of their products has. */
async function ranked(
  store: Store,
  { query, sort, among, conditions }: Search,
  asked: Pick<Ranking, 'words' | 'lookups'>,
  stretch: Stretch,
): Promise<{ readonly positions: Position[]; readonly places: ReadonlySet<number> }> {
  if (asked.words.length === 0) return { positions: [], places: new Set() };
  const order = searchOrder(sort);
  const ranking: Ranking = {
    ...asked,
    query,
    conditions: [{ ...among }, ...conditions],
    isOfOneShop: among.shopId !== undefined,
  };
  const { collection } = store.products;
  const stages = rankingStages(ranking, order, collection.collectionName, stretch);
  const found = await collection
    .aggregate(stages as never[], { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  return {
    positions: found.map((document) => positionOf(document, order)),
    places: new Set(found.flatMap(wordsIn)),
  };
}
