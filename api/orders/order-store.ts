import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { ORDER_TRANSITIONS } from '../../shared/domain/order-transitions.ts';
import type { OrderStatus } from '../../shared/domain/vocabulary.ts';
import { listLockNames } from '../../shared/ledger/moving/lock-names.ts';
import { orderIdRange } from '../../shared/runtime/ids.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { viewOrder } from '../../shared/views/order-view.ts';
import { isOrderVisibleTo, ordersVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { listTiedTo, pageFrom, placeFromCursor } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';

/** @throws RefusedError not_found unless the principal may see the order */
export async function findOrder(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<OrderRecord> {
  // By the id alone: the server would plan a query with more conditions each time.
  const found = await store.orders.findOne<OrderRecord>(
    { _id: orderId },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found === null || !isOrderVisibleTo(principal, found)) throw noSuchOrder();
  return found;
}

/** What a move needs to know of an order beforehand; none of it ever changes. */
export interface MovableOrder {
  /** The number of its lines. */
  readonly lines: number;
  /** The products and discounts that the move may change. */
  readonly lockNames: readonly string[];
  /** The shop that sells it. */
  readonly shopId: string;
}

/** @throws RefusedError not_found unless the principal may see the order */
export async function findMovable(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<MovableOrder> {
  const found = await store.orders.findOne<OrderRecord>(
    { _id: orderId },
    {
      projection: {
        ...{ shopId: 1, storefrontId: 1, buyerId: 1 },
        ...{ 'lines.productId': 1, 'discounts.discountId': 1 },
      },
      maxTimeMS: READ_TIMEOUT_MS,
    },
  );
  if (found === null || !isOrderVisibleTo(principal, found)) throw noSuchOrder();
  return { lines: found.lines.length, lockNames: listLockNames(found), shopId: found.shopId };
}

/** The error for an order that does not exist, or that the caller may not see. */
export function noSuchOrder(): RefusedError {
  return new RefusedError('not_found', 'There is no such order.');
}

/** Filters of the orders that the caller may see. */
export interface OrderFilters {
  readonly status?: OrderStatus | undefined;
  readonly buyerId?: string | undefined;
  readonly checkoutId?: string | undefined;
  /** From this moment on, and before `placedTo`. */
  readonly placedFrom?: Date | undefined;
  readonly placedTo?: Date | undefined;
}

/** The position of an order in the list. */
interface OrderPlace {
  readonly placedAt: Date;
  readonly id: string;
}

interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const STATUSES = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];

/**
 * Returns a page of the orders that the caller may see, the last placed first.
 * @throws RefusedError invalid_request if the cursor belongs to another list
 */
export async function listOrders(
  store: Store,
  principal: Principal,
  { limit, cursor, ...filters }: OrderFilters & PageRequest,
) {
  const list = listTiedTo('orders', filters);
  const found: OrderRecord[] = [];
  for (const stretch of stretchesAfter(readPlace(list, cursor))) {
    const missing = limit + 1 - found.length;
    if (missing === 0) break;
    found.push(...(await queryOrders(store, principal, filters, stretch, missing).toArray()));
  }
  return pageFrom(list, found, limit, viewOrder, ({ placedAt, _id }) => [placedAt.getTime(), _id]);
}

/**
 * Returns the stretches of the list after a place: the other orders of its moment, then the orders
 * placed before. Together they are not a single index range, and MongoDB would sort the whole list.
 */
export function stretchesAfter(after: OrderPlace | undefined): readonly Stretch[] {
  if (after === undefined) return [{}];
  const { placedAt, id } = after;
  return [{ placedAt, _id: { $lt: id } }, { placedAt: { $lt: placedAt } }];
}

type Stretch = {
  readonly placedAt?: Date | { readonly $lt: Date };
  readonly _id?: { readonly $lt: string };
};

/** Queries one stretch of the list. */
export function queryOrders(
  store: Store,
  principal: Principal,
  { status, buyerId, checkoutId, placedFrom, placedTo }: OrderFilters,
  stretch: Stretch,
  limit: number,
) {
  return store.orders
    .find<OrderRecord>(
      {
        // Separate conditions, so that filters cannot widen what the caller may see.
        $and: [
          ordersVisibleTo(principal),
          {
            // With all statuses listed, an index that begins with the status serves the list.
            status: status ?? { $in: STATUSES },
            ...(buyerId !== undefined && { buyerId }),
            ...(checkoutId !== undefined && { checkoutId, _id: orderIdRange(checkoutId) }),
          },
          ...(placedFrom === undefined ? [] : [{ placedAt: { $gte: placedFrom } }]),
          ...(placedTo === undefined ? [] : [{ placedAt: { $lt: placedTo } }]),
          stretch,
        ],
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ placedAt: -1, _id: -1 })
    .limit(limit);
}

/** @throws RefusedError invalid_request if the cursor belongs to another list */
function readPlace(list: string, cursor: string | undefined): OrderPlace | undefined {
  const place = placeFromCursor(list, ['number', 'string'], cursor);
  if (place === undefined) return undefined;
  const [epochMs, id] = place;
  const placedAt = new Date(Number(epochMs));
  if (!Number.isNaN(placedAt.getTime())) return { placedAt, id: String(id) };
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}
