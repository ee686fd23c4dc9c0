import { CART_KEPT_DAYS } from '../../shared/contract/limits.ts';
import { type CartCheckout, isHeldBy } from '../../shared/domain/carts/cart-checkout.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { isReservationOver } from '../../shared/domain/order-transitions.ts';
import type { CheckoutStatus } from '../../shared/domain/vocabulary.ts';
import { orderIdRange } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { cartsVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { PageRequest } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';

const KEPT_MS = CART_KEPT_DAYS * 24 * 60 * 60 * 1_000;

/** Returns when a cart that is changed now expires. */
export function cartExpiry(now: Date): Date {
  return new Date(now.getTime() + KEPT_MS);
}

/** The caller that reads carts, and the time at which carts must not have expired. */
interface CartReader {
  readonly principal: Principal;
  readonly now: Date;
}

/**
 * Finds a cart with read concern `majority`, so that no failover rolls back the state that the
 * caller decides on.
 * @throws RefusedError not_found if the principal may not see the cart, or if it has expired
 */
export async function findCart(
  store: Store,
  { principal, now }: CartReader,
  cartId: string,
): Promise<CartRecord> {
  const cart = await store.carts.findOne<CartRecord>(
    { _id: cartId, ...cartsVisibleTo(principal), expiresAt: { $gt: now } },
    { maxTimeMS: READ_TIMEOUT_MS, readConcern: 'majority' },
  );
  if (cart === null) throw new RefusedError('not_found', 'There is no such cart.');
  return cart;
}

/** A cart with the counts of its lines and units instead of the lines. */
export interface CartSummary extends Omit<CartRecord, 'lines'> {
  readonly lineCount: number;
  readonly units: number;
}

/**
 * Lists carts, newest first: up to `limit` and one more, which shows that there is another page.
 */
export async function listCarts(
  store: Store,
  { principal, now }: CartReader,
  buyerId: string | undefined,
  { limit, after }: PageRequest,
): Promise<CartSummary[]> {
  const conditions = [
    cartsVisibleTo(principal),
    {
      expiresAt: { $gt: now },
      ...(buyerId !== undefined && { buyerId }),
      ...(after !== undefined && { _id: { $lt: after } }),
    },
  ];
  return store.carts
    .aggregate<CartSummary>(
      [
        { $match: { $and: conditions } },
        { $sort: { _id: -1 } },
        { $limit: limit + 1 },
        { $set: { lineCount: { $size: '$lines' }, units: { $sum: '$lines.quantity' } } },
        { $unset: 'lines' },
      ],
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
}

/**
 * Reads the status of a checkout and of its orders with read concern `majority`. Pending orders
 * whose reservation has ended by `now` count as expired, even if no sweep has expired them yet.
 */
export async function readCartCheckout(
  store: Store,
  checkoutId: string,
  now: Date,
): Promise<CartCheckout> {
  const options = {
    projection: { status: 1 },
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    maxTimeMS: READ_TIMEOUT_MS,
  } as const;
  const checkout = await store.checkouts.findOne<{ status: CheckoutStatus }>(
    { _id: checkoutId },
    options,
  );
  const status = checkout?.status;
  if (status !== 'placed') return { status, orders: [] };
  const orders = await store.orders
    .find<CartOrder>(
      { checkoutId, _id: orderIdRange(checkoutId) },
      { ...options, projection: { status: 1, reservedUntil: 1 } },
    )
    .toArray();
  return {
    status,
    orders: orders.map((order) => (hasLapsed(order, now) ? 'expired' : order.status)),
  };
}

type CartOrder = Pick<OrderRecord, 'status' | 'reservedUntil'>;

function hasLapsed(order: CartOrder, now: Date): boolean {
  return order.status === 'pending' && isReservationOver(order, now);
}

/**
 * Refuses changes of a cart while its checkout is queued or waiting, or has an order that is
 * neither cancelled nor expired.
 * @throws RefusedError cart_checked_out, with the id of the checkout
 */
export async function refuseIfHeld(
  store: Store,
  { checkoutId }: Pick<CartRecord, 'checkoutId'>,
  now: Date,
): Promise<void> {
  if (checkoutId === undefined) return;
  const checkout = await readCartCheckout(store, checkoutId, now);
  if (!isHeldBy(checkout)) return;
  const detail =
    'The cart is checked out. It can be changed again if the checkout is rejected or fails, or if ' +
    'all its orders are cancelled or expire.';
  const { status: checkoutStatus } = checkout;
  throw new RefusedError('cart_checked_out', detail, [], { checkoutId, checkoutStatus });
}
