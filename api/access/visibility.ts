import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Principal } from '../http/principal.ts';

/**
 * What a principal may see and change. This is the one place that decides it: every query for
 * somebody's things is narrowed by one of these filters, so that what belongs to another is not
 * found rather than found and then refused.
 */

/**
 * Orders that were made through the storefront of the principal's shop, and those that its shop
 * sells. A buyer sees its own of those made through the storefront.
 */
export function ordersVisibleTo({ shopId, kind, buyerId }: Principal) {
  if (kind === 'buyer') return { storefrontId: shopId, buyerId: known(buyerId) };
  return { $or: [{ storefrontId: shopId }, { shopId }] };
}

/** Checkouts made through the storefront of the principal's shop; a buyer sees its own of them. */
export function isCheckoutVisibleTo(principal: Principal, checkout: CheckoutRecord): boolean {
  const { shopId, kind, buyerId } = principal;
  if (checkout.storefrontId !== shopId) return false;
  return kind !== 'buyer' || checkout.buyerId === known(buyerId);
}

/** Carts made through the storefront of the principal's shop; a buyer sees its own of them. */
export function cartsVisibleTo({ shopId, kind, buyerId }: Principal) {
  return { storefrontId: shopId, ...(kind === 'buyer' && { buyerId: known(buyerId) }) };
}

/** Products that the principal may look at: whatever is for sale, and its own shop's drafts. */
export function productsVisibleTo(principal: Principal) {
  const forSale = { status: 'published' as const };
  if (principal.kind === 'buyer') return forSale;
  return { $or: [forSale, productsOwnedBy(principal)] };
}

/** Shops that the principal may see and change: its own. */
export function shopOf({ shopId }: Principal) {
  return { _id: shopId };
}

/** Sessions and API keys of the principal's shop. */
export function accessOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** What is on record about the principal's shop. */
export function auditVisibleTo({ shopId }: Principal) {
  return { shopId };
}

/**
 * Products that the principal may change. Those being imported are nobody's until they are in, and
 * what it has deleted is no longer to be found.
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

/** Webhooks, with their deliveries, that the principal may see and change. */
export function webhooksOwnedBy({ shopId }: Principal) {
  return { shopId };
}

/** Transactions with events that the principal may see: of what it sells, or its storefront made. */
export function eventsSeenBy({ shopId }: Principal) {
  return { shopIds: shopId };
}

/** A buyer without a name would see every buyer's things. */
function known(buyerId: string | undefined): string {
  if (buyerId === undefined || buyerId === '') throw new RangeError('a buyer has no id');
  return buyerId;
}
