import { ORDER_TRANSITIONS } from '../../shared/domain/order-transitions.ts';
import type { OrderStatus } from '../../shared/domain/vocabulary.ts';
import { orderIdRange } from '../../shared/runtime/ids.ts';
import type { SearchDirection } from '../../shared/search/find-entries.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { ordersVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import {
  cursorAfterPlace,
  listTiedTo,
  type PageQuery,
  timedPlaceFromCursor,
} from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import type { OrderFilters, OrderPlace, OrderSlice } from './order-filters.ts';
import { presentOrder } from './present-order.ts';
import { searchOrders } from './search-orders.ts';

const STATUSES = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];

/**
 * Returns a page of the orders that the caller may see, the last placed first by default.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export async function listOrders(
  store: Store,
  principal: Principal,
  { limit, cursor, ...filters }: OrderFilters & PageQuery,
) {
  const list = listTiedTo('orders', filters);
  const after = timedPlaceFromCursor(list, cursor);
  const { orders, next } = await readOrders(store, principal, filters, { after, limit });
  const nextCursor =
    next === undefined ? null : cursorAfterPlace(list, [next.time.getTime(), next.id]);
  return { items: orders.map((order) => presentOrder(order, principal)), nextCursor };
}

/** Reads at most `limit` orders of a list, after a position. */
export async function readOrders(
  store: Store,
  principal: Principal,
  filters: OrderFilters,
  page: { readonly after: OrderPlace | undefined; readonly limit: number },
): Promise<OrderSlice> {
  if (filters.q !== undefined || filters.updatedSince !== undefined) {
    return searchOrders(store, principal, filters, page);
  }
  const { after, limit } = page;
  const served = await withStorefronts(store, principal, filters);
  const records: OrderRecord[] = [];
  for (const range of rangesAfter(after, filters.direction)) {
    const missing = limit + 1 - records.length;
    if (missing === 0) break;
    records.push(...(await queryOrders(store, principal, served, range, missing).toArray()));
  }
  const orders = records.slice(0, limit);
  const last = orders.at(-1);
  const hasMore = records.length > limit && last !== undefined;
  return { orders, next: hasMore ? { time: last.placedAt, id: last._id } : undefined };
}

/** Filters, with the storefronts of the buyer if they name one. */
interface ServedFilters extends OrderFilters {
  readonly storefrontIds?: readonly string[];
}

/**
 * Adds to the filters of a shop that name a buyer the storefronts of the orders of all buyers with
 * this name. Each of them is a sorted range of the index of a buyer's orders.
 */
export async function withStorefronts(
  store: Store,
  { kind }: Principal,
  filters: OrderFilters,
): Promise<ServedFilters> {
  const { buyerId } = filters;
  if (buyerId === undefined || kind === 'buyer') return filters;
  const options = { maxTimeMS: READ_TIMEOUT_MS };
  const storefrontIds = await store.orders.distinct<string>('storefrontId', { buyerId }, options);
  return { ...filters, storefrontIds };
}

/**
 * Returns the ranges of the list after a position: first the orders that were placed at the same
 * moment, then the orders placed earlier (with `asc`: later). As one condition they would not be a
 * range of an index, and MongoDB would sort the whole list.
 */
export function rangesAfter(
  after: OrderPlace | undefined,
  direction: SearchDirection = 'desc',
): readonly OrderRange[] {
  if (after === undefined) return [{}];
  const { time, id } = after;
  return direction === 'asc'
    ? [{ placedAt: time, _id: { $gt: id } }, { placedAt: { $gt: time } }]
    : [{ placedAt: time, _id: { $lt: id } }, { placedAt: { $lt: time } }];
}

type OrderRange = {
  readonly placedAt?: Date | { readonly $lt: Date } | { readonly $gt: Date };
  readonly _id?: { readonly $lt: string } | { readonly $gt: string };
};

/** Returns the query for one range of the list. */
export function queryOrders(
  store: Store,
  principal: Principal,
  filters: ServedFilters,
  range: OrderRange,
  limit: number,
) {
  const { status = STATUSES, buyerId, storefrontIds, checkoutId, direction } = filters;
  const { placedFrom, placedTo } = filters;
  const order = direction === 'asc' ? 1 : -1;
  return store.orders
    .find<OrderRecord>(
      {
        // Separate conditions, so that filters cannot widen what the caller may see.
        $and: [
          ordersVisibleTo(principal),
          {
            // With all statuses listed, an index that begins with the status serves the list.
            status: { $in: [...status] },
            ...(buyerId !== undefined && { buyerId }),
            ...(storefrontIds !== undefined && { storefrontId: { $in: [...storefrontIds] } }),
            ...(checkoutId !== undefined && { checkoutId, _id: orderIdRange(checkoutId) }),
          },
          ...(placedFrom === undefined ? [] : [{ placedAt: { $gte: placedFrom } }]),
          ...(placedTo === undefined ? [] : [{ placedAt: { $lt: placedTo } }]),
          range,
        ],
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ placedAt: order, _id: order })
    .limit(limit);
}
