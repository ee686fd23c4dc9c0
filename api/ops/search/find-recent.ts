import { isFoundBy } from '../../../shared/domain/search-tokens.ts';
import type { SearchPlace } from '../../../shared/search/find-entries.ts';
import { readSubjects, type Subject } from '../../../shared/search/read-subjects.ts';
import type { SearchEntry } from '../../../shared/search/search-entries.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { type EntrySearch, listTokens, type RecordFilters } from './entry-filters.ts';
import { SHOWN_FIELDS, type ShownRecord } from './found-record.ts';

/** The maximum number of subjects of indexing requests that one search reads. */
const RECENT_READ_MAX = 5_000;
/** The maximum number of indexing requests that one search reads. Some have hundreds of ids. */
const REQUESTS_MAX = 100;

/** The checkouts and orders whose latest changes the index lacks. */
interface RecentRecords {
  /** The subjects that match the search, unordered. */
  readonly found: readonly Subject<ShownRecord>[];
  /** The ids of all subjects that were read. Their entries in the index may be outdated. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Finds checkouts and orders whose latest change is not indexed yet. The indexer waits while
 * checkouts are queued, and operators want to see the outcomes of a sale meanwhile.
 */
export async function findRecent(
  store: Store,
  filters: RecordFilters,
  query: EntrySearch['query'],
): Promise<RecentRecords> {
  const requested = await readRequested(store);
  const { subjects } = await readSubjects<ShownRecord>(
    store,
    requested,
    SHOWN_FIELDS,
    READ_TIMEOUT_MS,
  );
  return {
    found: subjects.filter(
      ({ entry }) =>
        matchesFacts(entry, filters) && (query === undefined || isFoundBy(query, entry.tokens)),
    ),
    ids: new Set(subjects.map(({ entry }) => entry._id)),
  };
}

/** Returns the subjects of the latest requests for indexing. */
async function readRequested({ searchRequests }: Store): Promise<string[]> {
  const options = { projection: { subjectIds: 1 }, maxTimeMS: READ_TIMEOUT_MS };
  const requests = searchRequests.find({}, { ...options, sort: { _id: -1 }, limit: REQUESTS_MAX });
  const ids = new Set<string>();
  for await (const { subjectIds } of requests) {
    for (const id of subjectIds) ids.add(id);
    if (ids.size >= RECENT_READ_MAX) break;
  }
  return [...ids].slice(0, RECENT_READ_MAX);
}

function matchesFacts(entry: SearchEntry, filters: RecordFilters): boolean {
  const { kind, status, from, to } = filters;
  return (
    (kind === undefined || entry.kind === kind) &&
    (status === undefined || entry.status === status) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at < to) &&
    listTokens(filters).every((token) => entry.tokens.includes(token))
  );
}

/** Returns whether an entry comes after a place in a list whose newest entries come first. */
export function isAfter(
  { at, _id }: Pick<SearchEntry, 'at' | '_id'>,
  place: SearchPlace | undefined,
): boolean {
  if (place === undefined) return true;
  const differenceMs = place.time.getTime() - at.getTime();
  return differenceMs > 0 || (differenceMs === 0 && _id < place.id);
}
