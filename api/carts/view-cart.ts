import type { CartCheckout } from '../../shared/domain/carts/cart-claim.ts';
import { type RefreshedCart, refreshCart } from '../../shared/domain/carts/refresh-cart.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Quote } from '../checkouts/price-book.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import { findCart, readAvailable, readCartCheckout } from './cart-store.ts';

/** A cart with what has become of its lines, and of its checkout. */
export interface CartView {
  readonly cart: CartRecord;
  readonly now: RefreshedCart;
  /** Absent if the cart as it stands has not been checked out. */
  readonly checkout: CartCheckout | undefined;
}

const NONE: ReadonlyMap<string, Quote> = new Map();

type Deps = Pick<ApiContext, 'store' | 'priceBook' | 'clock'>;

/**
 * Looks at a cart at today's prices; writes nothing.
 * @param known prices to be shown, where the caller has decided on them already
 */
export async function viewCart(
  { store, priceBook }: Deps,
  cart: CartRecord,
  known: ReadonlyMap<string, Quote> = NONE,
): Promise<CartView> {
  const { checkoutId } = cart;
  const variantIds = cart.lines.map((line) => line.variantId);
  const [quotes, available, checkout] = await Promise.all([
    priceBook.quotesOf(variantIds),
    readAvailable(store, variantIds),
    checkoutId === undefined ? undefined : readCartCheckout(store, checkoutId),
  ]);
  const offers = new Map([...quotes, ...known]);
  return { cart, now: refreshCart(cart, offers, available), checkout };
}

/** @throws RefusedError not_found unless the principal may see the cart */
export async function readCart(
  deps: Deps,
  principal: Principal,
  cartId: string,
): Promise<CartView> {
  const asker = { principal, now: deps.clock.now() };
  return viewCart(deps, await findCart(deps.store, asker, cartId));
}
