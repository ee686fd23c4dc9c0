import { refuseField } from '../../shared/domain/errors.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { resolveBuyer } from '../access/buyer.ts';
import { findCart } from '../carts/cart-store.ts';
import { refuseIfHeld } from '../carts/held-cart.ts';
import type { Principal } from '../http/principal.ts';
import type { PriceableRequest } from '../pricing/price-request.ts';
import type { CheckoutsContext } from './context.ts';
import type { CheckoutBody, CheckoutRequest } from './schemas.ts';

/** A request whose buyer and lines are known, with the cart that they are of. */
export interface ResolvedRequest {
  readonly request: CheckoutRequest & PriceableRequest;
  readonly cart?: CartRecord;
}

/**
 * The request as its caller means it: a buyer's is for itself, and a cart knows its own buyer.
 * Repeats of a request are told by this, whatever has become of the cart.
 * @throws RefusedError invalid_request without a buyer, forbidden for another one
 */
export function asMeant(
  principal: Principal,
  { buyerId: named, ...request }: CheckoutBody,
): CheckoutBody {
  const isToldByCart =
    request.cartId !== undefined && principal.buyerId === undefined && named === undefined;
  return isToldByCart ? request : { buyerId: resolveBuyer(principal, named), ...request };
}

/**
 * Takes the lines of a request, or those of its cart as it stands.
 * @throws RefusedError not_found, cart_checked_out, cart_empty, or invalid_request where the buyer
 * is not the cart's
 */
export async function resolveRequest(
  context: Pick<CheckoutsContext, 'store' | 'clock'>,
  principal: Principal,
  { cartId, lines = [], buyerId, ...rest }: CheckoutBody,
): Promise<ResolvedRequest> {
  if (cartId === undefined) {
    return { request: { ...rest, buyerId: resolveBuyer(principal, buyerId), lines } };
  }
  const asker = { principal, now: context.clock.now() };
  const cart = await findCart(context.store, asker, cartId);
  if (buyerId !== undefined && buyerId !== cart.buyerId) {
    throw refuseField('invalid_request', 'buyerId', 'The cart is another buyer’s.');
  }
  await refuseIfHeld(context.store, cart);
  if (cart.lines.length === 0) {
    throw refuseField('cart_empty', 'cartId', 'There is nothing in the cart.');
  }
  const inCart = cart.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  const { currency } = cart;
  return { request: { ...rest, buyerId: cart.buyerId, lines: inCart, currency }, cart };
}
