import { refuseField } from '../../../shared/domain/errors.ts';
import { factToken, OPERATORS_SCOPE, parseSearch } from '../../../shared/domain/search-tokens.ts';
import {
  checkPrefix,
  type FoundEntry,
  findEntries,
  matching,
} from '../../../shared/search/find-entries.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { SearchRecord } from '../../../shared/store/collections/search.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Filter } from '../../../shared/store/typed-collection.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import {
  cursorAfterPlace,
  listTiedTo,
  type PageQuery,
  placeFromCursor,
} from '../../http/paging.ts';

/** The filters of an operator's search; without any, it finds everything. */
export interface RecordFilters {
  readonly q?: string | undefined;
  readonly kind?: 'checkout' | 'order' | undefined;
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly shopId?: string | undefined;
  /** At or after this moment, and before `to`. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const CHECKOUT_ID = /^chk_\w+$/i;
const SHOWN_FIELDS = {
  checkoutId: 1,
  buyerId: 1,
  status: 1,
  rejection: 1,
  'lines.sku': 1,
  total: 1,
  currency: 1,
};

const MATCHED_FIELDS = { ...SHOWN_FIELDS, storefrontId: 1, 'lines.shopId': 1, receivedAt: 1 };

type ShownCheckout = Pick<
  CheckoutRecord,
  '_id' | 'buyerId' | 'status' | 'rejection' | 'lines' | 'total' | 'currency'
>;
type MatchedCheckout = ShownCheckout & Pick<CheckoutRecord, 'storefrontId' | 'receivedAt'>;
type ShownOrder = Pick<
  OrderRecord,
  '_id' | 'checkoutId' | 'buyerId' | 'status' | 'lines' | 'total' | 'currency'
>;

/**
 * Finds checkouts and orders, the newest first, as they are in the record now.
 * @throws RefusedError invalid_request if a cursor belongs to another list, or the beginning of a
 *   value matches too much
 */
export async function findRecords(
  store: Store,
  { limit, cursor, ...filters }: RecordFilters & PageQuery,
) {
  const list = listTiedTo('records', filters);
  const query = filters.q === undefined ? undefined : parseSearch(filters.q, OPERATORS_SCOPE);
  if (query !== undefined) await checkPrefix(store, query);
  const conditions = [...(query ? [matching(query)] : []), ...toConditions(filters)];
  const hasTokens = query !== undefined || listFacts(filters).length > 0;
  const entries = await findEntries(store, {
    filters: conditions.length === 0 ? [{}] : conditions,
    index: hasTokens ? 'search_by_token' : 'search_by_time',
    order: 'at',
    direction: 'desc',
    after: readPlace(list, cursor),
    limit: limit + 1,
  });
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  const items = await readRecords(store, shown);
  if (items.length === 0 && cursor === undefined) items.push(...(await findById(store, filters)));
  const nextCursor = hasMore ? cursorAfterPlace(list, [last.at.getTime(), last._id]) : null;
  return { items, nextCursor };
}

function listFacts({ status, reason, shopId }: RecordFilters): string[] {
  return Object.entries({ status, reason, shop: shopId }).flatMap(([name, value]) =>
    value === undefined ? [] : [factToken(name, value)],
  );
}

function toConditions(filters: RecordFilters): Filter<SearchRecord>[] {
  const { kind, from, to } = filters;
  return [
    ...listFacts(filters).map((token) => ({ tokens: token })),
    ...(kind === undefined ? [] : [{ kind }]),
    ...(from === undefined ? [] : [{ at: { $gte: from } }]),
    ...(to === undefined ? [] : [{ at: { $lt: to } }]),
  ];
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

/** Finds a checkout by its id in the record, because the index lacks the queued and latest ones. */
async function findById({ checkouts }: Store, filters: RecordFilters) {
  const id = filters.q?.trim() ?? '';
  if (!CHECKOUT_ID.test(id)) return [];
  const _id = `chk_${id.slice('chk_'.length).toUpperCase()}`;
  const found = await checkouts.findOne<MatchedCheckout>(
    { _id },
    { projection: MATCHED_FIELDS, maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found === null || !matchesFilters(found, filters)) return [];
  return [presentRecord('checkout', found.receivedAt, found)];
}

/** Whether a checkout has the facts of all filters but `q`. */
function matchesFilters(
  { receivedAt, storefrontId, lines, ...checkout }: MatchedCheckout,
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

function presentRecord(kind: SearchRecord['kind'], at: Date, record: ShownCheckout | ShownOrder) {
  const { _id, buyerId, status, lines, total, currency } = record;
  const reason = 'rejection' in record ? record.rejection?.code : undefined;
  return {
    id: _id,
    kind,
    checkoutId: 'checkoutId' in record ? record.checkoutId : _id,
    at: at.toISOString(),
    buyerId,
    status,
    ...(reason !== undefined && { reason }),
    skus: [...new Set(lines.map(({ sku }) => sku))],
    total,
    currency,
  };
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
