import type { Lookup } from '../../../shared/domain/search-lookups.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { ProductFilter } from '../product-store.ts';

/** A lookup finds no more products than these: those with the shortest titles. */
export const CANDIDATES_MAX = 10_000;
/** So many entries of the index are read for a lookup, whether or not they meet the conditions. */
const SCANNED_MAX = 100_000;

/** The products that a lookup found, and the number of words in the title of each. */
export interface Candidates {
  readonly ids: readonly string[];
  readonly lengths: readonly number[];
}

const NONE: Candidates = { ids: [], lengths: [] };

/**
 * Finds the products of each lookup, all in one round trip. All that is read stands in the index of
 * the entries, so that no product is loaded for it: what else a list is narrowed by is asked of the
 * products that come first. The filter stands behind a limit, because beside the entries it would
 * make the database try the indexes of other lists for each lookup, which costs more than the search.
 * @param ids only products with these ids are found
 */
export async function findCandidates(
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
    { $match: { 'listed.words': { $in: [...entries, ...beginnings.map(beginningWith)] } } },
    { $limit: SCANNED_MAX },
    { $match: filter },
    { $limit: CANDIDATES_MAX },
    { $group: { _id: at, ids: { $push: '$_id' }, lengths: { $push: '$listed.length' } } },
  ]);
  const collection = store.products;
  const coll = collection.collectionName;
  const stages = [...first, ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } }))];
  const found = await collection
    .aggregate<Candidates & { readonly _id: number }>(stages, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byLookup = new Map(found.map((candidates) => [candidates._id, candidates]));
  return lookups.map((_, at) => byLookup.get(at) ?? NONE);
}

/** As a plain prefix, which is a range of the index. */
function beginningWith(beginning: string): RegExp {
  return new RegExp(`^${beginning.replace(/[^\p{L}\p{M}\p{N}]/gu, '\\$&')}.`);
}
