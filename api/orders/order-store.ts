import { RefusedError } from '../../shared/domain/errors.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { ordersVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** @throws RefusedError not_found unless the principal may see the order */
export async function findOrder(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<OrderRecord> {
  const found = await store.orders.findOne<OrderRecord>(
    { _id: orderId, ...ordersVisibleTo(principal) },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found === null) throw noSuchOrder();
  return found;
}

/** What is to be known of an order before it is moved. */
export interface MovableOrder {
  /** How many lines it has. */
  readonly lines: number;
  /** The shop that sells it. */
  readonly shopId: string;
}

/** @throws RefusedError not_found unless the principal may see the order */
export async function findMovable(
  store: Store,
  principal: Principal,
  orderId: string,
): Promise<MovableOrder> {
  const found = await store.orders.findOne<MovableOrder>(
    { _id: orderId, ...ordersVisibleTo(principal) },
    { projection: { shopId: 1, lines: { $size: '$lines' } }, maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found === null) throw noSuchOrder();
  return found;
}

/** What is told of an order that does not exist, or not for this caller. */
export function noSuchOrder(): RefusedError {
  return new RefusedError('not_found', 'There is no such order.');
}
