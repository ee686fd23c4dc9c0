import { isHeldBy } from '../../shared/domain/carts/cart-claim.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Store } from '../../shared/store/store.ts';
import { readCartCheckout } from './cart-store.ts';

/**
 * Refuses what cannot be done to a cart that is checked out.
 * @throws RefusedError cart_checked_out naming the checkout
 */
export async function refuseIfHeld(
  store: Store,
  { checkoutId }: Pick<CartRecord, 'checkoutId'>,
): Promise<void> {
  if (checkoutId === undefined) return;
  const checkout = await readCartCheckout(store, checkoutId);
  if (!isHeldBy(checkout)) return;
  const detail = 'The cart is checked out. It cannot be changed unless its orders end unfulfilled.';
  const { status: checkoutStatus } = checkout;
  throw new RefusedError('cart_checked_out', detail, [], { checkoutId, checkoutStatus });
}
