import type { CartCheckout } from '../../shared/domain/carts/cart-checkout.ts';
import {
  type CartChange,
  type RefreshedCart,
  refreshCart,
} from '../../shared/domain/carts/refresh-cart.ts';
import type { LapsedProduct } from '../../shared/domain/lapsed-holds.ts';
import type { Offer } from '../../shared/domain/offers.ts';
import { isExceeded, type LimitState } from '../../shared/domain/purchase-limits.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { readAvailable } from '../catalog/product-store.ts';
import type { Principal } from '../http/principal.ts';
import type { OwnHold } from '../orders/own-holds.ts';
import { findOffers } from '../pricing/price-request.ts';
import { readLapsedProducts } from '../pricing/read-lapses.ts';
import { readLimitStates } from '../pricing/read-limits.ts';
import { findShareShortages, type ShareShortage } from '../pricing/read-shares.ts';
import { withLapsed } from '../pricing/with-lapsed.ts';
import { findCart, readCartCheckout } from './cart-store.ts';
import type { CartsContext } from './context.ts';

/** A cart with the current state of its lines and of its checkout. */
export interface CartView {
  readonly cart: CartRecord;
  /** The lines at current prices and availability, their subtotal, and the changes to show. */
  readonly current: RefreshedCart;
  /** Undefined if the cart was not checked out since its last change. */
  readonly checkout: CartCheckout | undefined;
  /**
   * The buyer's own pending orders that hold the missing units of lines with too few units, by
   * variant id.
   */
  readonly holds: ReadonlyMap<string, OwnHold>;
  /** The purchase limits of the lines, with what the buyer has already bought. */
  readonly limits: readonly LimitState[];
}

/**
 * Returns a cart at current prices; writes nothing.
 * @param decidedOffers the offers that the caller has already acted on, which replace the current
 * offers of these variants
 */
export async function viewCart(
  context: CartsContext,
  { cart, principal }: { readonly cart: CartRecord; readonly principal: Principal },
  decidedOffers: ReadonlyMap<string, Offer> = new Map(),
): Promise<CartView> {
  const { store } = context;
  const { checkoutId } = cart;
  const variantIds = cart.lines.map((line) => line.variantId);
  const [currentOffers, available, checkout] = await Promise.all([
    findOffers(context, principal, variantIds),
    readAvailable(store, '_id', variantIds).then((units) => withLapsed(context, cart.lines, units)),
    checkoutId === undefined ? undefined : readCartCheckout(store, checkoutId, context.clock.now()),
  ]);
  const offers = new Map([...currentOffers, ...decidedOffers]);
  const refreshed = refreshCart(cart, offers, available);
  const stockShortages = refreshed.lines
    .filter((line) => line.isForSale && line.available < line.quantity)
    .map(({ variantId, quantity: requested, available: units }) => {
      return { variantId, requested, available: units };
    });
  const buyer = { storefrontId: cart.storefrontId, buyerId: cart.buyerId };
  const shareShortages = await findShareShortages(context, cart.lines, listShares(offers));
  const shortages = [...stockShortages, ...shareShortages];
  const [holds, limits, lapses] = await Promise.all([
    context.ownHolds.find({ buyer: cart, now: context.clock.now(), shortages }),
    readLimitStates(context, { buyer, lines: cart.lines, offers }),
    readLapsedProducts(context, { buyer, lines: cart.lines }),
  ]);
  const changes = [
    ...refreshed.changes,
    ...toLapseChanges(cart, lapses),
    ...shareShortages.map(toShareChange),
    ...limits.filter(isExceeded).map(toLimitChange),
  ];
  return { cart, current: { ...refreshed, changes }, checkout, holds, limits };
}

function listShares(offers: ReadonlyMap<string, Offer>): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const [variantId, { heldShareMax }] of offers) {
    if (heldShareMax !== undefined) shares.set(variantId, heldShareMax);
  }
  return shares;
}

/** Returns a change for each line whose units the buyer can only wait for, behind other buyers. */
function toLapseChanges({ lines }: CartRecord, lapses: readonly LapsedProduct[]): CartChange[] {
  const productIds = new Set(lapses.map(({ productId }) => productId));
  return lines
    .filter(({ productId }) => productIds.has(productId))
    .map(({ variantId, quantity: before }) => {
      return { variantId, kind: 'too_many_lapsed_holds', before, after: 0 };
    });
}

function toShareChange({ variantId, requested, available }: ShareShortage): CartChange {
  return { variantId, kind: 'held_share_reached', before: requested, after: available };
}

function toLimitChange({ variantId, limit, bought, requested }: LimitState): CartChange {
  const after = Math.max(0, limit - bought);
  return { variantId, kind: 'purchase_limit_reached', before: requested, after };
}

/**
 * Reads a cart at current prices.
 * @throws RefusedError not_found unless the principal may see the cart
 */
export async function readCart(
  context: CartsContext,
  principal: Principal,
  cartId: string,
): Promise<CartView> {
  const reader = { principal, now: context.clock.now() };
  return viewCart(context, { cart: await findCart(context.store, reader, cartId), principal });
}
