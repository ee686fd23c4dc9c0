import type { CheckoutStatus, OrderStatus } from '../vocabulary.ts';

/** A cart's last checkout, with the statuses of the orders that it placed. */
export interface CartCheckout {
  /** Undefined if the checkout has no record. */
  readonly status: CheckoutStatus | undefined;
  readonly orders: readonly OrderStatus[];
}

/**
 * Returns whether a cart's last checkout still holds the cart. The buyer may change the cart and
 * try again after a checkout that was rejected or has failed, or whose orders are all cancelled or
 * expired. A checkout without a record, or placed without orders, holds its cart.
 */
export function isHeldBy({ status, orders }: CartCheckout): boolean {
  if (status === 'rejected' || status === 'failed') return false;
  return status !== 'placed' || orders.length === 0 || !orders.every(isCancelledOrExpired);
}

function isCancelledOrExpired(status: OrderStatus): boolean {
  return status === 'cancelled' || status === 'expired';
}
