import { withDeadline } from '../../../shared/runtime/deadline.ts';
import {
  checkPrefix,
  type FoundEntry,
  findEntries,
  type SearchPlace,
} from '../../../shared/search/find-entries.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import {
  cursorAfterPlace,
  listTiedTo,
  matchesList,
  type PageQuery,
  timedPlaceFromCursor,
} from '../../http/paging.ts';
import type { OpsContext } from '../context.ts';
import { type RecordFilters, toEntrySearch } from './entry-filters.ts';
import {
  type FoundCheckout,
  findById,
  findQueued,
  mayBeQueued,
  toCheckoutId,
} from './find-queued.ts';
import { findRecent, isAfter } from './find-recent.ts';
import {
  presentRecord,
  SHOWN_FIELDS,
  type ShownCheckout,
  type ShownOrder,
  type ShownRecord,
} from './found-record.ts';

/** If reading the lag of the index takes longer, `indexedUntil` is null. */
const LAG_TIMEOUT_MS = 500;

/** A page of the search, without `indexedUntil` and `queuedReadUntil`. */
type Page = Awaited<ReturnType<typeof readIndexed>>;

/**
 * Finds checkouts and orders. `indexedUntil` is the moment up to which the index had all changes,
 * or null if it is not known.
 * @throws RefusedError as `findRecords`
 */
export async function searchRecords(
  { store, clock, ops }: Pick<OpsContext, 'store' | 'clock' | 'ops'>,
  query: RecordFilters & PageQuery,
) {
  // Read before the search: a change that is indexed meanwhile may be found, but is not promised.
  const now = clock.now();
  const reading = withDeadline('the lag', LAG_TIMEOUT_MS, ops.readSearchLag(now));
  const lagMs = await reading.catch(() => undefined);
  const indexedUntil = lagMs === undefined ? null : new Date(now.getTime() - lagMs).toISOString();
  return { ...(await findRecords(store, query)), indexedUntil };
}

/**
 * Finds checkouts and orders, the newest first, as they are in the record now. Queued checkouts,
 * which the index lacks, are returned with `status=queued` or if nothing else matches, the oldest
 * first.
 * @throws RefusedError invalid_request if a cursor is invalid or belongs to another list, or a prefix
 *   matches too many values
 */
async function findRecords(
  store: Store,
  query: RecordFilters & PageQuery,
): Promise<Page & { readonly queuedReadUntil?: string }> {
  const { limit: _, cursor, ...filters } = query;
  const queue = listTiedTo('queued-records', filters);
  if (filters.status !== 'queued' && !matchesList(queue, cursor)) {
    const page = await readIndexed(store, query);
    if (cursor !== undefined || page.items.length > 0 || page.nextCursor !== null) return page;
  }
  const checkoutId = toCheckoutId(filters.q);
  if (checkoutId !== undefined) {
    const items = (await findById(store, checkoutId, filters)).map(presentCheckout);
    return { items, nextCursor: null };
  }
  if (!mayBeQueued(filters)) return { items: [], nextCursor: null };
  return readQueued(store, queue, query);
}

async function readIndexed(store: Store, { limit, cursor, ...filters }: RecordFilters & PageQuery) {
  const list = listTiedTo('records', filters);
  const search = toEntrySearch(filters);
  const after = timedPlaceFromCursor(list, cursor);
  if (search === undefined) return { items: [], nextCursor: null };
  const { query, ...entrySearch } = search;
  if (query !== undefined) await checkPrefix(store, query);
  const recent = await findRecent(store, filters, query);
  // Reads more entries than the page needs, because those of recent subjects may be outdated.
  const readMax = limit + 1 + Math.min(recent.ids.size, limit);
  const order = { order: 'at', direction: 'desc' } as const;
  const entries = await findEntries(store, { ...entrySearch, ...order, after, limit: readMax });
  const end = entries.length === readMax ? entries.at(-1) : undefined;
  const indexed = await readRecords(
    store,
    entries.filter(({ _id }) => !recent.ids.has(_id)),
  );
  const inRange = recent.found.filter(
    ({ entry }) => isAfter(entry, after) && (end === undefined || !isAfter(entry, toPlace(end))),
  );
  const found = [...indexed, ...inRange].sort((first, second) =>
    isAfter(second.entry, toPlace(first.entry)) ? -1 : 1,
  );
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1)?.entry : end;
  return {
    items: shown.map(({ entry, record }) => presentRecord(entry.kind, entry.at, record)),
    nextCursor: last === undefined ? null : cursorAfterPlace(list, [last.at.getTime(), last._id]),
  };
}

function toPlace({ at, _id }: Pick<FoundEntry, 'at' | '_id'>): SearchPlace {
  return { time: at, id: _id };
}

async function readQueued(
  store: Store,
  list: string,
  { limit, cursor, ...filters }: RecordFilters & PageQuery,
) {
  const after = timedPlaceFromCursor(list, cursor);
  const { found, next, readUntil } = await findQueued(store, filters, { after, limit });
  return {
    items: found.map(presentCheckout),
    nextCursor: next ? cursorAfterPlace(list, [next.time.getTime(), next.id]) : null,
    ...(readUntil && { queuedReadUntil: readUntil.toISOString() }),
  };
}

function presentCheckout(checkout: FoundCheckout) {
  return presentRecord('checkout', checkout.receivedAt, checkout);
}

async function readRecords(store: Store, entries: readonly FoundEntry[]) {
  const ids = entries.map(({ _id }) => _id);
  const options = { projection: SHOWN_FIELDS, maxTimeMS: READ_TIMEOUT_MS };
  const [checkouts, orders] = await Promise.all([
    store.checkouts.find<ShownCheckout>({ _id: { $in: ids } }, options).toArray(),
    store.orders.find<ShownOrder>({ _id: { $in: ids } }, options).toArray(),
  ]);
  const byId = new Map<string, ShownRecord>();
  for (const record of [...checkouts, ...orders]) byId.set(record._id, record);
  return entries.flatMap((entry) => {
    const record = byId.get(entry._id);
    return record === undefined ? [] : [{ entry, record }];
  });
}
