import { isFoundBy, OPERATORS_SCOPE, parseSearch } from '../../../shared/domain/search-tokens.ts';
import type { SearchPlace } from '../../../shared/search/find-entries.ts';
import {
  CHECKOUT_FIELDS,
  type IndexedCheckout,
  toCheckoutEntry,
} from '../../../shared/search/search-entries.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Filter } from '../../../shared/store/typed-collection.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { RecordFilters } from './entry-filters.ts';
import { SHOWN_FIELDS, type ShownCheckout } from './found-record.ts';

/**
 * How many queued checkouts one search reads, oldest first. They are not in the index, because no
 * event announces their acceptance; only replayed ones are.
 */
export const QUEUED_READ_MAX = 5_000;

/** How many queued checkouts MongoDB returns in one batch. */
const BATCH_MAX = 500;

const CHECKOUT_ID = /^chk_\w+$/i;
const READ_FIELDS = { ...SHOWN_FIELDS, ...CHECKOUT_FIELDS };

/** A checkout that was found in the record. */
export type FoundCheckout = ShownCheckout & IndexedCheckout;

interface QueuedRequest {
  readonly after?: SearchPlace | undefined;
  readonly limit: number;
  readonly readMax?: number;
}

interface QueuedPage {
  readonly found: readonly FoundCheckout[];
  /** Where the search continues, by acceptance; absent once all queued checkouts were read. */
  readonly next?: SearchPlace;
  /**
   * When the last read checkout was accepted; only if the search stopped at `readMax` checkouts.
   */
  readonly readUntil?: Date;
}

/** Returns the query as a checkout id in canonical form; undefined if it is no checkout id. */
export function toCheckoutId(q = ''): string | undefined {
  const id = q.trim();
  return CHECKOUT_ID.test(id) ? `chk_${id.slice('chk_'.length).toUpperCase()}` : undefined;
}

/** Finds a checkout by its id, if it matches the other filters. */
export async function findById(
  { checkouts }: Store,
  _id: string,
  filters: RecordFilters,
): Promise<FoundCheckout[]> {
  const checkout = await checkouts.findOne<FoundCheckout>(
    { _id },
    { projection: READ_FIELDS, maxTimeMS: READ_TIMEOUT_MS },
  );
  return checkout !== null && matchesFilters(checkout, filters) ? [checkout] : [];
}

/** Returns whether queued checkouts can match these filters. */
export function mayBeQueued({ kind, status, reason }: RecordFilters): boolean {
  return kind !== 'order' && reason === undefined && (status === undefined || status === 'queued');
}

/** Finds queued checkouts after a place, the oldest first. Reads at most `readMax` checkouts. */
export async function findQueued(
  { checkouts }: Store,
  filters: RecordFilters,
  { after, limit, readMax = QUEUED_READ_MAX }: QueuedRequest,
): Promise<QueuedPage> {
  const query =
    filters.q === undefined ? undefined : parseSearch(filters.q, OPERATORS_SCOPE, ['queued']);
  const reading = checkouts.find<FoundCheckout>(
    { $and: [{ status: 'queued' }, ...toRange(filters, after)] },
    {
      hint: 'queued_in_order',
      projection: READ_FIELDS,
      sort: { acceptedAt: 1, _id: 1 },
      limit: readMax + 1,
      batchSize: BATCH_MAX,
      maxTimeMS: READ_TIMEOUT_MS,
    },
  );
  const found: FoundCheckout[] = [];
  let last: FoundCheckout | undefined;
  let count = 0;
  for await (const checkout of reading) {
    // There is at least one more checkout than this search shows or reads.
    if (last !== undefined && (found.length === limit || count === readMax)) {
      const next = { time: last.acceptedAt, id: last._id };
      return { found, next, ...(found.length < limit && { readUntil: last.acceptedAt }) };
    }
    count += 1;
    last = checkout;
    if (!matchesFilters(checkout, filters)) continue;
    // Creating the tokens is the costly part, so it comes last.
    if (query === undefined || isFoundBy(query, toCheckoutEntry(checkout).tokens)) {
      found.push(checkout);
    }
  }
  return { found };
}

/** A checkout is received before it is accepted, so no checkout accepted before `from` matches. */
function toRange(
  { from }: RecordFilters,
  after: SearchPlace | undefined,
): Filter<CheckoutRecord>[] {
  const range: Filter<CheckoutRecord>[] =
    from === undefined ? [] : [{ acceptedAt: { $gte: from } }];
  if (after === undefined) return range;
  const { time, id } = after;
  const isLater = { $or: [{ acceptedAt: { $gt: time } }, { _id: { $gt: id } }] };
  return [...range, { acceptedAt: { $gte: time } }, isLater];
}

/** Returns whether a checkout matches all filters except `q`. */
function matchesFilters(
  { receivedAt, storefrontId, lines, ...checkout }: FoundCheckout,
  { kind, status, reason, shopId, from, to }: RecordFilters,
): boolean {
  const shopIds = [storefrontId, ...lines.map((line) => line.shopId)];
  return (
    kind !== 'order' &&
    (status === undefined || checkout.status === status) &&
    (reason === undefined || checkout.rejection?.code === reason) &&
    (shopId === undefined || shopIds.includes(shopId)) &&
    (from === undefined || receivedAt >= from) &&
    (to === undefined || receivedAt < to)
  );
}
