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

/** A lookup finds at most this many products: the products with the shortest titles. */
export const CANDIDATES_MAX = 10_000;
/** The maximum number of index entries that one lookup reads, whether or not they match the filter. */
const SCANNED_MAX = 100_000;
/** The maximum number of products that are examined to correct a misspelt word. */
const NEAR_PRODUCTS_MAX = 200;

const NO_CANDIDATES: Candidates = { ids: [], lengths: [] };

/** A query, and the filter of the products to search. */
export interface Search {
  readonly query: string;
  readonly among: ProductFilter;
}

/**
 * Finds the products of a search with their ranks, unsorted. Each word is looked up separately in
 * the index of the entries that `productWords` returns. A word that no product of the list has
 * counts as misspelt, and its most probable correction, if there is one, is looked up instead.
 */
export async function searchProducts(store: Store, search: Search): Promise<Ranked[]> {
  const { query, among } = search;
  const isOfOneShop = among.shopId !== undefined;
  const asWritten = makeLookups(query, isOfOneShop);
  const candidates = await findCompleteCandidates(store, among, asWritten);
  const unknown = asWritten.words.filter((_, word) => !isFound(asWritten, candidates, word));
  const corrections = await findCorrections(store, among, unknown);
  if (corrections.size === 0) return rank(asWritten, candidates);
  const asMeant = makeLookups(query, isOfOneShop, corrections);
  return rank(asMeant, await findCompleteCandidates(store, among, asMeant));
}

function isFound(
  { lookups }: SearchLookups,
  candidates: readonly Candidates[],
  word: number,
): boolean {
  return lookups.some(
    (lookup, index) => lookup.word === word && candidates[index]?.ids.length !== 0,
  );
}

/**
 * Finds the candidates of each lookup. The list of a very common word is truncated, so it may lack
 * products that another word finds. Therefore such a word is also looked up among the products of
 * the rarest word that any product has.
 */
async function findCompleteCandidates(
  store: Store,
  among: ProductFilter,
  { words, lookups }: SearchLookups,
): Promise<Candidates[]> {
  const candidates = await findCandidates(store, lookups, among);
  const isTruncated = (_: Lookup, index: number) =>
    candidates[index]?.ids.length === CANDIDATES_MAX;
  if (words.length < 2 || !lookups.some(isTruncated)) return candidates;
  const idsByWord = [...words.keys()].map((word) => [
    ...new Set(candidates.flatMap(({ ids }, index) => (lookups[index]?.word === word ? ids : []))),
  ]);
  // A misspelt word has no products.
  const found = idsByWord.filter(({ length }) => length > 0);
  const [rarestIds] = found.sort((a, b) => a.length - b.length);
  if (rarestIds === undefined || found.length < 2) return candidates;
  const additional = await findCandidates(store, lookups.filter(isTruncated), among, rarestIds);
  return lookups.map((lookup, index) => {
    const { ids, lengths } = candidates[index] ?? NO_CANDIDATES;
    const more = (isTruncated(lookup, index) ? additional.shift() : undefined) ?? NO_CANDIDATES;
    return { ids: [...ids, ...more.ids], lengths: [...lengths, ...more.lengths] };
  });
}

/**
 * Finds the products of each lookup, in one round trip for all lookups. The index of the entries
 * contains everything that is read here, so no product is loaded; other conditions are checked
 * later, for the products that come first. The filter is a separate stage after a limit: in one
 * stage with the entries, the database would try the indexes of other lists for each lookup, which
 * costs more than the search.
 * @param ids if given, only products with these ids are found
 */
async function findCandidates(
  store: Store,
  lookups: readonly Lookup[],
  { status, shopId }: ProductFilter,
  ids?: readonly string[],
): Promise<Candidates[]> {
  // Without lookups the pipeline would be empty, and would read all products.
  if (lookups.length === 0) return [];
  const filter = {
    ...(status !== undefined && { status }),
    ...(shopId !== undefined && { shopId }),
    ...(ids !== undefined && { _id: { $in: ids } }),
  };
  const [first = [], ...others] = lookups.map(({ entries, beginnings = [] }, index) => [
    { $match: { 'listed.words': { $in: [...entries, ...beginnings.map(toLongerPattern)] } } },
    { $limit: SCANNED_MAX },
    { $match: filter },
    { $limit: CANDIDATES_MAX },
    { $group: { _id: index, ids: { $push: '$_id' }, lengths: { $push: '$listed.length' } } },
  ]);
  const coll = store.products.collectionName;
  const stages = [...first, ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } }))];
  const candidates = await store.products
    .aggregate<Candidates & { readonly _id: number }>(stages, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byLookup = new Map(candidates.map((ofLookup) => [ofLookup._id, ofLookup]));
  return lookups.map((_, index) => byLookup.get(index) ?? NO_CANDIDATES);
}

/**
 * Returns a pattern for the entries that begin with `beginning` and are longer. A query with the
 * pattern reads one range of the index.
 */
function toLongerPattern(beginning: string): RegExp {
  return new RegExp(`^${beginning.replace(/[^\p{L}\p{M}\p{N}]/gu, '\\$&')}.`);
}

/**
 * Finds corrections of unknown words: for each, the similar word that most of the examined products
 * of the list have. Only products that the caller may see count.
 */
async function findCorrections(
  store: Store,
  among: ProductFilter,
  unknown: readonly string[],
): Promise<Map<string, string>> {
  const corrected = await Promise.all(
    unknown.filter(isCorrected).map(async (word) => {
      const correction = await findCorrection(store, among, nearWords(word));
      return correction === undefined ? [] : [[word, correction] as const];
    }),
  );
  return new Map(corrected.flat());
}

async function findCorrection(
  store: Store,
  among: ProductFilter,
  near: readonly string[],
): Promise<string | undefined> {
  const entries = near.flatMap((word) => [word, MARKS.detail + word]);
  const products = await store.products
    .aggregate<{ words: string[] }>(
      [
        { $match: { 'listed.words': { $in: entries } } },
        // Before the filter, to bound the examined products and not only the matching products.
        { $limit: NEAR_PRODUCTS_MAX },
        { $match: among },
        { $project: { _id: 0, words: '$listed.words' } },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return findCommonest(
    near,
    products.map(({ words }) => words.map((word) => word.replace(MARKS.detail, ''))),
  );
}
