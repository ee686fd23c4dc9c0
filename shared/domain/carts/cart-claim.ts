import type { CheckoutStatus, OrderStatus } from '../vocabulary.ts';

/**
 * What a checkout of a cart lays claim to: the cart's try number `tries`, counted from 0. Two of
 * them can never be stored, so of several at once one checks the cart out.
 */
export function toCartClaim(cartId: string, tries: number): string {
  return `${cartId}.${tries}`;
}

/** A cart's last checkout, with the statuses of the orders that it placed. */
export interface CartCheckout {
  /** Undefined if nothing is known of it. */
  readonly status: CheckoutStatus | undefined;
  readonly orders: readonly OrderStatus[];
}

/**
 * Whether a cart is checked out by its last checkout. The buyer may change the cart and try again
 * after a checkout that was rejected or has failed, or whose orders are all cancelled or expired.
 * A checkout of which nothing is known holds its cart.
 */
export function isHeldBy({ status, orders }: CartCheckout): boolean {
  if (status === 'rejected' || status === 'failed') return false;
  return status !== 'placed' || orders.length === 0 || !orders.every(isEnded);
}

function isEnded(status: OrderStatus): boolean {
  return status === 'cancelled' || status === 'expired';
}
