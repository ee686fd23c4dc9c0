import {
  type Lookup,
  makeLookups,
  type SearchLookups,
} from '../../../shared/domain/search-lookups.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { ProductFilter } from '../product-store.ts';
import { findCorrections } from './corrections.ts';
import { CANDIDATES_MAX, type Candidates, findCandidates } from './find-candidates.ts';
import { type Ranked, rank } from './rank.ts';

/** What is searched for, among which products. */
export interface Search {
  readonly query: string;
  readonly among: ProductFilter;
}

/**
 * Finds the products of a search, in no order, with their ranks. Each word is looked up by itself in the index of the
 * entries that `productWords` made, and the lists are put together here. Words that no product of
 * the list has are taken for misspelt, and what they may have meant is looked up instead.
 */
export async function searchProducts(store: Store, search: Search): Promise<Ranked[]> {
  const { query, among } = search;
  const isOfOneShop = among.shopId !== undefined;
  const asWritten = makeLookups(query, isOfOneShop);
  const found = await findLists(store, among, asWritten);
  const unknown = asWritten.words.filter((_, word) => !isFound(asWritten, found, word));
  const corrections = await findCorrections(store, among, unknown);
  if (corrections.size === 0) return rank(asWritten, found);
  const asMeant = makeLookups(query, isOfOneShop, corrections);
  return rank(asMeant, await findLists(store, among, asMeant));
}

function isFound({ lookups }: SearchLookups, found: readonly Candidates[], word: number): boolean {
  return lookups.some((lookup, at) => lookup.word === word && found[at]?.ids.length !== 0);
}

/**
 * The candidates of each lookup. The list of a word that very many products have is cut, and what
 * was cut off may be what another word finds, so the word is looked up among that once more.
 */
async function findLists(
  store: Store,
  among: ProductFilter,
  { words, lookups }: SearchLookups,
): Promise<Candidates[]> {
  const found = await findCandidates(store, lookups, among);
  const isCut = (_: Lookup, at: number) => found[at]?.ids.length === CANDIDATES_MAX;
  if (words.length < 2 || !lookups.some(isCut)) return found;
  const idsOf = (word: number) => [
    ...new Set(found.flatMap(({ ids }, at) => (lookups[at]?.word === word ? ids : []))),
  ];
  const [fewest = []] = [...words.keys()]
    .map(idsOf)
    .sort((one, other) => one.length - other.length);
  const again = await findCandidates(store, lookups.filter(isCut), among, fewest);
  return lookups.map((lookup, at) => {
    const { ids = [], lengths = [] } = found[at] ?? {};
    const more = isCut(lookup, at) ? again.shift() : undefined;
    if (more === undefined) return { ids, lengths };
    return { ids: [...ids, ...more.ids], lengths: [...lengths, ...more.lengths] };
  });
}
