import { refuseField } from '../domain/errors.ts';
import type { QueryWord, SearchQuery } from '../domain/search-tokens.ts';
import type { SearchRecord } from '../store/collections/search.ts';
import type { Store } from '../store/store.ts';
import type { Filter } from '../store/typed-collection.ts';

const READ_TIMEOUT_MS = 2_500;
/** A prefix search with more matches is refused, because its matches are sorted in memory. */
export const PREFIX_MATCHES_MAX = 1_000;
/** Sorts after every other character. */
const HIGHEST = '\u{10ffff}';

/** The field by which entries are sorted. */
export type SearchOrder = 'at' | 'changedAt';
export type SearchDirection = 'asc' | 'desc';

/** The position of an entry in a list. */
export interface SearchPlace {
  readonly time: Date;
  readonly id: string;
}

/** The fields of an entry that a list needs. */
export type FoundEntry = Pick<SearchRecord, '_id' | 'kind' | 'at' | 'changedAt' | 'status'>;

interface EntryRequest {
  readonly filters: readonly Filter<SearchRecord>[];
  /** Without it, MongoDB chooses the index. */
  readonly index?: 'search_by_token' | 'search_by_time' | 'orders_by_change' | undefined;
  readonly order: SearchOrder;
  readonly direction: SearchDirection;
  readonly after?: SearchPlace | undefined;
  readonly limit: number;
}

/**
 * Finds up to `limit` entries that match all filters, after a place in the list if one is given.
 */
export async function findEntries(
  { search }: Store,
  { filters, index, order, direction, after, limit }: EntryRequest,
): Promise<FoundEntry[]> {
  const entries: FoundEntry[] = [];
  const sortDirection = direction === 'asc' ? 1 : -1;
  for (const range of rangesAfter(order, direction, after)) {
    if (entries.length === limit) break;
    const page = search.find<FoundEntry>(
      { $and: [...filters, range] },
      {
        ...(index && { hint: index }),
        projection: { kind: 1, at: 1, changedAt: 1, status: 1 },
        sort:
          order === 'at'
            ? { at: sortDirection, _id: sortDirection }
            : { changedAt: sortDirection, _id: sortDirection },
        limit: limit - entries.length,
        maxTimeMS: READ_TIMEOUT_MS,
      },
    );
    entries.push(...(await page.toArray()));
  }
  return entries;
}

/**
 * Returns filters for the entries after a place, in the order of the list: for later entries with
 * the same time, and for entries with a later time (an earlier time in a descending list). Each
 * filter is one range of an index.
 */
function rangesAfter(
  order: SearchOrder,
  direction: SearchDirection,
  after: SearchPlace | undefined,
): Filter<SearchRecord>[] {
  if (after === undefined) return [{}];
  const { time, id } = after;
  const beyond = direction === 'asc' ? '$gt' : '$lt';
  return [
    { [order]: time, _id: { [beyond]: id } } as Filter<SearchRecord>,
    { [order]: { [beyond]: time } } as Filter<SearchRecord>,
  ];
}

/** Returns the filter for a parsed search query: an entry must match each word of the query. */
export function matching({ words, isPrefix }: SearchQuery): Filter<SearchRecord> {
  return { $and: words.map(isPrefix ? beginsWithAny : hasAny) };
}

function hasAny(word: QueryWord): Filter<SearchRecord> {
  return { tokens: { $in: [...word] } };
}

function beginsWithAny(word: QueryWord): Filter<SearchRecord> {
  return {
    $or: word.map((start) => ({
      tokens: { $elemMatch: { $gte: start, $lt: `${start}${HIGHEST}` } },
    })),
  };
}

/**
 * Refuses a prefix search that matches too many entries to be sorted.
 * @param seen filters for the entries that the caller may see; others must not affect the answer
 * @throws RefusedError invalid_request
 */
export async function checkPrefix(
  { search }: Store,
  query: SearchQuery,
  seen: readonly Filter<SearchRecord>[] = [],
): Promise<void> {
  if (!query.isPrefix) return;
  const filter = { $and: [...seen, matching(query)] };
  const matchCount = await search.countDocuments(filter, {
    hint: 'search_by_token',
    limit: PREFIX_MATCHES_MAX + 1,
    maxTimeMS: READ_TIMEOUT_MS,
  });
  if (matchCount <= PREFIX_MATCHES_MAX) return;
  const message = `More than ${PREFIX_MATCHES_MAX} records match. Add characters before the asterisk.`;
  throw refuseField('invalid_request', 'q', message);
}
