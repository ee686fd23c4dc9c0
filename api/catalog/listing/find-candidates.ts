import type { Lookup } from '../../../shared/domain/search-lookups.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Condition } from './orders.ts';

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
 * Finds the products of each lookup, all in one round trip. Most searches read nothing but the
 * index of the entries. The conditions stand behind a limit, because beside the entries they would
 * make the database try the indexes of other lists for each lookup, which costs more than the search.
 */
export async function findCandidates(
  store: Store,
  lookups: readonly Lookup[],
  conditions: readonly Condition[],
): Promise<Candidates[]> {
  const [first = [], ...others] = lookups.map(({ entries, beginnings = [] }, at) => [
    { $match: { 'listed.words': { $in: [...entries, ...beginnings.map(beginningWith)] } } },
    { $limit: SCANNED_MAX },
    { $match: { $and: conditions } },
    { $limit: CANDIDATES_MAX },
    { $group: { _id: at, ids: { $push: '$_id' }, lengths: { $push: '$listed.length' } } },
  ]);
  const { collection } = store.products;
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
