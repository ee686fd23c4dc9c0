import { findCommonest, isCorrected, nearWords } from '../../../shared/domain/misspellings.ts';
import {
  type Lookup,
  makeLookups,
  type SearchLookups,
} from '../../../shared/domain/search-lookups.ts';
import { MARKS } from '../../../shared/domain/search-words.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';
import { type Candidates, type Ranked, rank } from './rank.ts';

/**
 * The largest number of products that one lookup finds; it finds the ones with the shortest titles.
 */
export const CANDIDATES_MAX = 10_000;
/** Index entries that are read for one lookup, whether or not they meet the conditions. */
const SCANNED_MAX = 100_000;
/** Products that are examined to correct a misspelt word. */
const NEAR_PRODUCTS_MAX = 200;

const NONE: Candidates = { ids: [], lengths: [] };

/** A query, and the products in which it is looked for. */
export interface Search {
  readonly query: string;
  readonly among: ProductFilter;
}

/**
 * Finds the products of a search with their ranks, unsorted. Each word is looked up separately in
 * the index of the entries that `productWords` made. A word that no product of the list has counts
 * as misspelt, and its most probable correction is looked up instead.
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
 * Finds the candidates of each lookup. The list of a very common word is truncated, and its rest
 * may contain products that another word finds. Such a word is therefore looked up again among the
 * products of the rarest word.
 */
async function findLists(
  store: Store,
  among: ProductFilter,
  { words, lookups }: SearchLookups,
): Promise<Candidates[]> {
  const found = await findCandidates(store, lookups, among);
  const isCut = (_: Lookup, at: number) => found[at]?.ids.length === CANDIDATES_MAX;
  if (words.length < 2 || !lookups.some(isCut)) return found;
  const idsByWord = [...words.keys()].map((word) => [
    ...new Set(found.flatMap(({ ids }, at) => (lookups[at]?.word === word ? ids : []))),
  ]);
  const [fewest = []] = idsByWord.sort((one, other) => one.length - other.length);
  const again = await findCandidates(store, lookups.filter(isCut), among, fewest);
  return lookups.map((lookup, at) => {
    const { ids, lengths } = found[at] ?? NONE;
    const more = (isCut(lookup, at) ? again.shift() : undefined) ?? NONE;
    return { ids: [...ids, ...more.ids], lengths: [...lengths, ...more.lengths] };
  });
}

/**
 * Finds the products of each lookup, all in one round trip. The index of the entries holds all that
 * is read here, so that no product is loaded; other conditions are checked later, for the products
 * that come first. The filter is applied after a limit. In one stage with the entries it would make
 * the database try the indexes of other lists for each lookup, which costs more than the search.
 * @param ids only products with these ids are found
 */
async function findCandidates(
  store: Store,
  lookups: readonly Lookup[],
  { status, shopId }: ProductFilter,
  ids?: readonly string[],
): Promise<Candidates[]> {
  const filter = {
    ...(status !== undefined && { status }),
    ...(shopId !== undefined && { shopId }),
    ...(ids !== undefined && { _id: { $in: ids } }),
  };
  const [first = [], ...others] = lookups.map(({ entries, beginnings = [] }, at) => [
    { $match: { 'listed.words': { $in: [...entries, ...beginnings.map(toLongerPattern)] } } },
    { $limit: SCANNED_MAX },
    { $match: filter },
    { $limit: CANDIDATES_MAX },
    { $group: { _id: at, ids: { $push: '$_id' }, lengths: { $push: '$listed.length' } } },
  ]);
  const coll = store.products.collectionName;
  const stages = [...first, ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } }))];
  const found = await store.products
    .aggregate<Candidates & { readonly _id: number }>(stages, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byLookup = new Map(found.map((candidates) => [candidates._id, candidates]));
  return lookups.map((_, at) => byLookup.get(at) ?? NONE);
}

/** Returns a plain prefix pattern for entries longer than the beginning: a range of the index. */
function toLongerPattern(beginning: string): RegExp {
  return new RegExp(`^${beginning.replace(/[^\p{L}\p{M}\p{N}]/gu, '\\$&')}.`);
}

/**
 * Finds a correction for each unknown word: of the words spelt almost like it, the one that most
 * products of the list have. Only products that the caller may see count.
 */
async function findCorrections(
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
        // Before the filter, to bound the examined products and not only the found ones.
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
