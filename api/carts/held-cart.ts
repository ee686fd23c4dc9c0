import { isHeldBy } from '../../shared/domain/carts/cart-claim.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Store } from '../../shared/store/store.ts';
import { readCartCheckout } from './cart-store.ts';

/**
 * Refuses changes of a cart while its checkout is queued or has orders that can be fulfilled.
 * @throws RefusedError cart_checked_out naming the checkout
 */
export async function refuseIfHeld(
  store: Store,
  { checkoutId }: Pick<CartRecord, 'checkoutId'>,
): Promise<void> {
  if (checkoutId === undefined) return;
  const checkout = await readCartCheckout(store, checkoutId);
  if (!isHeldBy(checkout)) return;
  const detail =
    'The cart is checked out. It can be changed again if all its orders are cancelled or expire.';
  const { status: checkoutStatus } = checkout;
  throw new RefusedError('cart_checked_out', detail, [], { checkoutId, checkoutStatus });
}
