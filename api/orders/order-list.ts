import { refuseField } from '../../shared/domain/errors.ts';
import { ORDER_TRANSITIONS } from '../../shared/domain/order-transitions.ts';
import type { OrderStatus } from '../../shared/domain/vocabulary.ts';
import { orderIdRange } from '../../shared/runtime/ids.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { viewOrder } from '../../shared/views/order-view.ts';
import { ordersVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { cursorAfterPlace, placeOfCursor } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';

/** Which orders are asked for; all that the caller may see, unless told. */
export interface OrderFilters {
  readonly status?: OrderStatus | undefined;
  readonly buyerId?: string | undefined;
  readonly checkoutId?: string | undefined;
  /** Placed from this moment on, and before that one. */
  readonly placedFrom?: Date | undefined;
  readonly placedTo?: Date | undefined;
}

/** The order after which a page begins. */
export interface OrderPlace {
  readonly placedAt: Date;
  readonly id: string;
}

const STATUSES = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];

/** Newest first; one more than `limit`, if there is one. */
export async function listOrders(
  store: Store,
  principal: Principal,
  filters: OrderFilters,
  page: { readonly limit: number; readonly after: OrderPlace | undefined },
): Promise<OrderRecord[]> {
  const orders: OrderRecord[] = [];
  for (const stretch of stretchesAfter(page.after)) {
    const wanted = page.limit + 1 - orders.length;
    if (wanted > 0)
      orders.push(...(await queryOrders(store, principal, filters, stretch, wanted).toArray()));
  }
  return orders;
}

/**
 * What comes after a place: the rest of its moment, then what was placed before. Asked for at
 * once the two are no one range of an index, and the whole list would be read to sort it.
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

/** The query of one stretch of a list. */
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
        // Apart from what is asked for, so that asking for it cannot widen what may be seen.
        $and: [
          ordersVisibleTo(principal),
          {
            // Naming all statuses makes an index that begins with them serve the whole list.
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

/**
 * The place that a cursor names.
 * @throws RefusedError invalid_request when it is not one of this list's
 */
export function placeAfter(list: string, cursor: string | undefined): OrderPlace | undefined {
  const place = placeOfCursor(list, ['number', 'string'], cursor);
  if (place === undefined) return undefined;
  const [epochMs, id] = place;
  const placedAt = new Date(Number(epochMs));
  if (!Number.isNaN(placedAt.getTime())) return { placedAt, id: String(id) };
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}

/** The page that begins a list of orders, at most `limit` long. */
export function pageOfOrders(list: string, found: readonly OrderRecord[], limit: number) {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const isLast = found.length <= limit || last === undefined;
  const nextCursor = isLast ? null : cursorAfterPlace(list, [last.placedAt.getTime(), last._id]);
  return { items: shown.map(viewOrder), nextCursor };
}
