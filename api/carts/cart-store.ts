import { CART_KEPT_DAYS } from '../../shared/contract/limits.ts';
import type { CartCheckout } from '../../shared/domain/carts/cart-claim.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { CheckoutStatus, OrderStatus } from '../../shared/domain/vocabulary.ts';
import { orderIdRange } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Store } from '../../shared/store/store.ts';
import { cartsVisibleTo } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

const KEPT_MS = CART_KEPT_DAYS * 24 * 60 * 60 * 1_000;

/** When a cart that is changed now expires. */
export function cartExpiry(now: Date): Date {
  return new Date(now.getTime() + KEPT_MS);
}

/** Who asks for carts, and when: those that have expired are not found. */
interface CartReader {
  readonly principal: Principal;
  readonly now: Date;
}

/**
 * The cart as the majority has it: what is decided on it cannot be undone by an election.
 * @throws RefusedError not_found unless the principal may see it
 */
export async function findCart(
  store: Store,
  { principal, now }: CartReader,
  cartId: string,
): Promise<CartRecord> {
  const found = await store.carts.findOne<CartRecord>(
    { _id: cartId, ...cartsVisibleTo(principal), expiresAt: { $gt: now } },
    { maxTimeMS: READ_TIMEOUT_MS, readConcern: 'majority' },
  );
  if (found === null) throw noSuchCart();
  return found;
}

interface CartsQuery {
  readonly buyerId: string | undefined;
  readonly limit: number;
  /** The cart after which the page begins. */
  readonly after: string | undefined;
}

/** A cart without its lines, of which a list tells numbers only: `units` of `lineCount` variants. */
export interface CartSummary extends Omit<CartRecord, 'lines'> {
  readonly lineCount: number;
  readonly units: number;
}

/** Newest first; one more than `limit`, if there is one. */
export async function listCarts(
  store: Store,
  { principal, now }: CartReader,
  { buyerId, limit, after }: CartsQuery,
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

/** Stores a new cart. */
export async function insertCart(store: Store, cart: CartRecord): Promise<void> {
  await store.carts.insertOne(cart);
}

/** Puts `next` in the place of the cart, unless it is no longer at `revision`; answers whether. */
export async function replaceCart(
  store: Store,
  revision: number,
  next: CartRecord,
): Promise<boolean> {
  const filter = { _id: next._id, revision };
  const { matchedCount } = await store.carts.replaceOne(filter, next);
  return matchedCount === 1;
}

/** Removes the cart, unless it is no longer at `revision`; answers whether. */
export async function removeCart(store: Store, { _id, revision }: CartRecord): Promise<boolean> {
  const { deletedCount } = await store.carts.deleteOne({ _id: _id, revision });
  return deletedCount === 1;
}

/** What has become of a cart's checkout, as the majority has it. */
export async function readCartCheckout(store: Store, checkoutId: string): Promise<CartCheckout> {
  const options = {
    projection: { status: 1 },
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    maxTimeMS: READ_TIMEOUT_MS,
  } as const;
  const found = await store.checkouts.findOne<{ status: CheckoutStatus }>(
    { _id: checkoutId },
    options,
  );
  const status = found?.status;
  if (status !== 'placed') return { status, orders: [] };
  const orders = await store.orders
    .find<{ status: OrderStatus }>({ checkoutId, _id: orderIdRange(checkoutId) }, options)
    .toArray();
  return { status, orders: orders.map((order) => order.status) };
}

/** What is told of a cart that does not exist, or not for this caller, or not any more. */
export function noSuchCart(): RefusedError {
  return new RefusedError('not_found', 'There is no such cart.');
}
