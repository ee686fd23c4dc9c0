import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Principal } from '../http/principal.ts';

/**
 * The filters that decide which resources a principal may see and change. Every query for a
 * principal applies one of them, so a resource of another caller is not found, instead of being
 * found and then refused. No other code decides what a principal may see.
 */

/**
 * Orders that were placed through the storefront of the principal's shop, and orders that its shop
 * sells. A buyer sees only its own orders of that storefront.
 */
export function ordersVisibleTo({ shopId, kind, buyerId }: Principal) {
  if (kind === 'buyer') return { storefrontId: shopId, buyerId: neededBuyerId(buyerId) };
  return { $or: [{ storefrontId: shopId }, { shopId }] };
}

/**
 * Returns whether the filter of `ordersVisibleTo` matches an order that was read by its id alone.
 */
export function isOrderVisibleTo(
  principal: Principal,
  order: Pick<OrderRecord, 'shopId' | 'storefrontId' | 'buyerId'>,
): boolean {
  const { shopId, kind, buyerId } = principal;
  if (kind !== 'buyer') return order.storefrontId === shopId || order.shopId === shopId;
  return order.storefrontId === shopId && order.buyerId === neededBuyerId(buyerId);
}

/**
 * Returns whether the checkout was made through the storefront of the principal's shop and, for a
 * buyer, whether it is the buyer's own.
 */
export function isCheckoutVisibleTo(principal: Principal, checkout: CheckoutRecord): boolean {
  const { shopId, kind, buyerId } = principal;
  if (checkout.storefrontId !== shopId) return false;
  return kind !== 'buyer' || checkout.buyerId === neededBuyerId(buyerId);
}

/** Carts of the storefront of the principal's shop. A buyer sees only its own carts. */
export function cartsVisibleTo({ shopId, kind, buyerId }: Principal) {
  return { storefrontId: shopId, ...(kind === 'buyer' && { buyerId: neededBuyerId(buyerId) }) };
}

/**
 * Published products and, except for a buyer, all products of the principal's own shop that
 * `productsOwnedBy` includes.
 */
export function productsVisibleTo(principal: Principal) {
  const published = { status: 'published' as const };
  if (principal.kind === 'buyer') return published;
  return { $or: [published, productsOwnedBy(principal)] };
}

/** Returns whether the principal may see a resource's metadata: its shop may, buyers may not. */
export function isMetadataVisibleTo(
  { kind, shopId }: Principal,
  owner: { readonly shopId: string },
): boolean {
  return kind !== 'buyer' && owner.shopId === shopId;
}

/** The principal's own shop. */
export function shopVisibleTo({ shopId }: Principal) {
  return { _id: shopId };
}

/** Sessions and API keys of the principal's shop. */
export function accessOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Audit entries about the principal's shop. */
export function auditVisibleTo({ shopId }: Principal) {
  return { shopId };
}

/**
 * Products that the principal may change. Deleted products and products of an unfinished import are
 * excluded.
 */
export function productsOwnedBy({ shopId }: Principal) {
  return { shopId, status: { $ne: 'deleted' as const }, importId: null };
}

/** Discounts that the principal may see and change. */
export function discountsOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Stock levels and their movements that the principal may see and change. */
export function stockOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Draws that the principal may list and cancel; anyone may read a draw by its id. */
export function drawsOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Webhooks and their deliveries that the principal may see and change. */
export function webhooksOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Events about what the principal's shop sells and about what its storefront created. */
export function eventsSeenBy({ shopId }: Principal) {
  return { shopIds: shopId };
}

/**
 * Returns the id of a buyer. Throws if it is missing, because the filter without it would match the
 * resources of every buyer.
 */
function neededBuyerId(buyerId: string | undefined): string {
  if (buyerId === undefined || buyerId === '') throw new RangeError('a buyer has no id');
  return buyerId;
}
