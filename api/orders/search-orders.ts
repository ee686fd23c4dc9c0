import {
  idToken,
  isFoundBy,
  parseSearch,
  type SearchQuery,
  valueToken,
} from '../../shared/domain/search-tokens.ts';
import {
  checkPrefix,
  findEntries,
  matching,
  type SearchOrder,
} from '../../shared/search/find-entries.ts';
import { toOrderEntry } from '../../shared/search/search-entries.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { SearchRecord } from '../../shared/store/collections/search.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { isOrderVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { OrderFilters, OrderPlace, OrderSlice } from './order-filters.ts';

/**
 * The maximum number of pages of entries that one request reads. A request reads a second page only
 * if orders of the first page have changed since they were indexed.
 */
const PAGES_MAX = 5;

/**
 * Reads at most `limit` orders of a list that the search index serves, after a position. The index
 * is a little behind, so each order that it finds is read and compared with the filters again. The
 * filters by time are left out, because an order never stops matching these. A page may therefore
 * have fewer orders than `limit` and still have a next page.
 * @throws RefusedError invalid_request if a prefix matches too many values
 */
export async function searchOrders(
  store: Store,
  principal: Principal,
  filters: OrderFilters,
  { after, limit }: { readonly after: OrderPlace | undefined; readonly limit: number },
): Promise<OrderSlice> {
  const { q, updatedSince, direction = 'desc' } = filters;
  const query = q === undefined ? undefined : parseSearch(q, principal.shopId);
  if (query !== undefined) await checkPrefix(store, query, ofBuyer(principal));
  const order: SearchOrder = updatedSince === undefined ? 'at' : 'changedAt';
  const conditions = toConditions(principal, filters);
  if (query !== undefined) conditions.push(matching(query));
  const orders: OrderRecord[] = [];
  let place = after;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const missing = limit - orders.length;
    const entries = await findEntries(store, {
      filters: conditions,
      index: query === undefined ? toIndex(principal, filters) : 'search_by_token',
      order,
      direction,
      after: place,
      limit: missing + 1,
    });
    const shown = entries.slice(0, missing);
    const ids = shown.map(({ _id }) => _id);
    orders.push(...(await readMatching(store, principal, { ...filters, query }, ids)));
    const last = shown.at(-1);
    if (last === undefined || entries.length <= missing) return { orders };
    place = { time: last[order], id: last._id };
    if (orders.length === limit) break;
  }
  return { orders, next: place };
}

/**
 * Returns the index for a list by the last change. The orders of a buyer or of a checkout are found
 * by their token if they are few, and among the latest changes of the shop if they are many (the
 * orders of all guests, for example). MongoDB tries both.
 */
function toIndex({ kind }: Principal, { buyerId, checkoutId }: OrderFilters) {
  const hasToken = kind === 'buyer' || buyerId !== undefined || checkoutId !== undefined;
  return hasToken ? undefined : 'orders_by_change';
}

/** Returns the filter for a buyer's own orders; no filter for other callers. */
function ofBuyer({ kind, shopId, buyerId }: Principal): Filter<SearchRecord>[] {
  return kind === 'buyer' && buyerId !== undefined ? [{ tokens: valueToken(shopId, buyerId) }] : [];
}

function toConditions(principal: Principal, filters: OrderFilters): Filter<SearchRecord>[] {
  const { shopId } = principal;
  const { status, buyerId, checkoutId, placedFrom, placedTo, updatedSince } = filters;
  return [
    { kind: 'order', audience: shopId },
    ...(status === undefined ? [] : [{ status: { $in: [...status] } }]),
    ...ofBuyer(principal),
    ...(buyerId === undefined ? [] : [{ tokens: valueToken(shopId, buyerId) }]),
    ...(checkoutId === undefined ? [] : [{ tokens: idToken(checkoutId) }]),
    ...(placedFrom === undefined ? [] : [{ at: { $gte: placedFrom } }]),
    ...(placedTo === undefined ? [] : [{ at: { $lt: placedTo } }]),
    ...(updatedSince === undefined ? [] : [{ changedAt: { $gte: updatedSince } }]),
  ];
}

/** Returns the orders with these ids that match the filters, in the order of the ids. */
async function readMatching(
  store: Store,
  principal: Principal,
  { status, buyerId, checkoutId, query }: OrderFilters & { query: SearchQuery | undefined },
  ids: readonly string[],
): Promise<OrderRecord[]> {
  const records = await store.orders
    .find<OrderRecord>({ _id: { $in: [...ids] } }, { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const byId = new Map(records.map((order) => [order._id, order]));
  return ids.flatMap((id) => {
    const order = byId.get(id);
    const matches =
      order !== undefined &&
      isOrderVisibleTo(principal, order) &&
      (status?.includes(order.status) ?? true) &&
      (buyerId === undefined || order.buyerId === buyerId) &&
      (checkoutId === undefined || order.checkoutId === checkoutId) &&
      (query === undefined || isFoundBy(query, toOrderEntry(order).tokens));
    return matches ? [order] : [];
  });
}
