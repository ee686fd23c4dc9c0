import { isHeldBy } from '../../shared/domain/carts/cart-claim.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { Store } from '../../shared/store/store.ts';
import { readCheckoutStatus } from './cart-store.ts';

/**
 * Refuses what cannot be done to a cart that is checked out.
 * @throws RefusedError cart_checked_out naming the checkout
 */
export async function refuseIfHeld(
  store: Store,
  { checkoutId }: Pick<CartRecord, 'checkoutId'>,
): Promise<void> {
  if (checkoutId === undefined) return;
  const checkoutStatus = await readCheckoutStatus(store, checkoutId);
  if (!isHeldBy(checkoutStatus)) return;
  const detail = 'The cart is checked out, and is changed no more. Make a new one.';
  throw new RefusedError('cart_checked_out', detail, [], { checkoutId, checkoutStatus });
}
