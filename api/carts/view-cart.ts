import type { CartCheckout } from '../../shared/domain/carts/cart-claim.ts';
import { type RefreshedCart, refreshCart } from '../../shared/domain/carts/refresh-cart.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Principal } from '../http/principal.ts';
import { readAvailable } from '../inventory/stock-store.ts';
import { findOffers, type StorefrontOffer } from '../pricing/offers.ts';
import { findCart, readCartCheckout } from './cart-store.ts';
import type { CartsContext } from './context.ts';

/** A cart with the current state of its lines and of its checkout. */
export interface CartView {
  readonly cart: CartRecord;
  readonly now: RefreshedCart;
  /** Undefined if the cart was not checked out since its last change. */
  readonly checkout: CartCheckout | undefined;
}

const NONE: ReadonlyMap<string, StorefrontOffer> = new Map();

type Deps = Pick<CartsContext, 'store' | 'priceCache' | 'storefrontPolicies' | 'clock'>;

/**
 * Returns a cart at current prices; writes nothing.
 * @param decidedOffers prices that replace the current ones, because the caller has acted on them
 */
export async function viewCart(
  deps: Deps,
  { cart, principal }: { readonly cart: CartRecord; readonly principal: Principal },
  decidedOffers: ReadonlyMap<string, StorefrontOffer> = NONE,
): Promise<CartView> {
  const { store } = deps;
  const { checkoutId } = cart;
  const variantIds = cart.lines.map((line) => line.variantId);
  const [current, available, checkout] = await Promise.all([
    findOffers(deps, principal, variantIds),
    readAvailable(store, variantIds),
    checkoutId === undefined ? undefined : readCartCheckout(store, checkoutId),
  ]);
  const offers = new Map([...current, ...decidedOffers]);
  return { cart, now: refreshCart(cart, offers, available), checkout };
}

/**
 * Reads a cart at current prices.
 * @throws RefusedError not_found unless the principal may see the cart
 */
export async function readCart(
  deps: Deps,
  principal: Principal,
  cartId: string,
): Promise<CartView> {
  const reader = { principal, now: deps.clock.now() };
  return viewCart(deps, { cart: await findCart(deps.store, reader, cartId), principal });
}
