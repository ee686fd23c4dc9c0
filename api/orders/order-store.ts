import { RefusedError } from '../../shared/domain/errors.ts';
import { listLockNames } from '../../shared/ledger/moving/lock-names.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { isOrderVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/**
 * Reads an order that the caller may see.
 * @throws RefusedError not_found if there is no such order, or the caller may not see it
 */
export async function findOrder(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<OrderRecord> {
  // Filters by the id alone, because MongoDB would plan a query with more conditions each time.
  const order = await store.orders.findOne<OrderRecord>(
    { _id: orderId },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (order === null || !isOrderVisibleTo(principal, order)) throw noSuchOrder();
  return order;
}

/** The fields of an order that a move reads first. These fields never change. */
export interface MovableOrder {
  /** The number of lines of the order. */
  readonly lines: number;
  /** The products and discounts that the move may change. */
  readonly lockNames: readonly string[];
  /** The shop that sells the order. */
  readonly shopId: string;
}

/**
 * Reads the `MovableOrder` of an order that the caller may see.
 * @throws RefusedError not_found if there is no such order, or the caller may not see it
 */
export async function findMovable(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<MovableOrder> {
  const order = await store.orders.findOne<OrderRecord>(
    { _id: orderId },
    {
      projection: {
        ...{ shopId: 1, storefrontId: 1, buyerId: 1 },
        ...{ 'lines.productId': 1, 'discounts.discountId': 1 },
      },
      maxTimeMS: READ_TIMEOUT_MS,
    },
  );
  if (order === null || !isOrderVisibleTo(principal, order)) throw noSuchOrder();
  return { lines: order.lines.length, lockNames: listLockNames(order), shopId: order.shopId };
}

/** Creates the error for an order that does not exist, or that the caller may not see. */
export function noSuchOrder(): RefusedError {
  return new RefusedError('not_found', 'There is no such order.');
}
