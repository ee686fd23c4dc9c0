import { refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { checkPrefix, type FoundEntry, findEntries } from '../../../shared/search/find-entries.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import {
  cursorAfterPlace,
  listTiedTo,
  matchesList,
  type PageQuery,
  placeFromCursor,
} from '../../http/paging.ts';
import type { OpsContext } from '../context.ts';
import { toEntrySearch } from './entry-filters.ts';
import {
  findById,
  findQueued,
  mayBeQueued,
  type RecordFilters,
  toCheckoutId,
  type UnindexedCheckout,
} from './find-unindexed.ts';
import {
  presentRecord,
  SHOWN_FIELDS,
  type ShownCheckout,
  type ShownOrder,
} from './found-record.ts';

/** The index is searched without knowing how far it has come if that takes longer. */
const LAG_TIMEOUT_MS = 500;

type Page = Awaited<ReturnType<typeof readIndexed>>;

/**
 * Finds checkouts and orders, and returns until when the index had all changes; null if that is not
 * known.
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
 * which the index lacks, are found if they are asked for or if there are no others, the oldest first.
 * @throws RefusedError invalid_request if a cursor belongs to another list, or the beginning of a
 *   value matches too much
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
  const named = toCheckoutId(filters.q);
  if (named !== undefined) {
    const items = (await findById(store, named, filters)).map(presentCheckout);
    return { items, nextCursor: null };
  }
  if (!mayBeQueued(filters)) return { items: [], nextCursor: null };
  return readQueued(store, queue, query);
}

async function readIndexed(store: Store, { limit, cursor, ...filters }: RecordFilters & PageQuery) {
  const list = listTiedTo('records', filters);
  const search = toEntrySearch(filters);
  const after = readPlace(list, cursor);
  if (search === undefined) return { items: [], nextCursor: null };
  const { query, ...entrySearch } = search;
  if (query !== undefined) await checkPrefix(store, query);
  const entries = await findEntries(store, {
    ...entrySearch,
    order: 'at',
    direction: 'desc',
    after,
    limit: limit + 1,
  });
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  const items = await readRecords(store, shown);
  const nextCursor = hasMore ? cursorAfterPlace(list, [last.at.getTime(), last._id]) : null;
  return { items, nextCursor };
}

async function readQueued(
  store: Store,
  list: string,
  { limit, cursor, ...filters }: RecordFilters & PageQuery,
) {
  const after = readPlace(list, cursor);
  const { found, next, readUntil } = await findQueued(store, filters, { after, limit });
  return {
    items: found.map(presentCheckout),
    nextCursor: next ? cursorAfterPlace(list, [next.time.getTime(), next.id]) : null,
    ...(readUntil && { queuedReadUntil: readUntil.toISOString() }),
  };
}

function presentCheckout(checkout: UnindexedCheckout) {
  return presentRecord('checkout', checkout.receivedAt, checkout);
}

async function readRecords(store: Store, entries: readonly FoundEntry[]) {
  const ids = entries.map(({ _id }) => _id);
  const options = { projection: SHOWN_FIELDS, maxTimeMS: READ_TIMEOUT_MS };
  const [checkouts, orders] = await Promise.all([
    store.checkouts.find<ShownCheckout>({ _id: { $in: ids } }, options).toArray(),
    store.orders.find<ShownOrder>({ _id: { $in: ids } }, options).toArray(),
  ]);
  const byId = new Map<string, ShownCheckout | ShownOrder>();
  for (const record of [...checkouts, ...orders]) byId.set(record._id, record);
  return entries.flatMap(({ _id, kind, at }) => {
    const record = byId.get(_id);
    return record === undefined ? [] : [presentRecord(kind, at, record)];
  });
}

/** @throws RefusedError invalid_request if the cursor belongs to another list */
function readPlace(list: string, cursor: string | undefined) {
  const place = placeFromCursor(list, ['number', 'string'], cursor);
  if (place === undefined) return undefined;
  const [epochMs, id] = place;
  const time = new Date(Number(epochMs));
  if (!Number.isNaN(time.getTime())) return { time, id: String(id) };
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}
