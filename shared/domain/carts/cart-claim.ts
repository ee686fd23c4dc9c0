import type { CheckoutStatus } from '../vocabulary.ts';

/**
 * What a checkout of a cart lays claim to: the cart's try number `tries`, counted from 0. Two of
 * them can never be stored, so of several at once one checks the cart out.
 */
export function cartClaimOf(cartId: string, tries: number): string {
  return `${cartId}.${tries}`;
}

/**
 * Whether a cart is checked out by its last checkout. One that was rejected or has failed lets the
 * cart be changed and tried again; one of which nothing is known does not.
 */
export function isHeldBy(status: CheckoutStatus | undefined): boolean {
  return status !== 'rejected' && status !== 'failed';
}
