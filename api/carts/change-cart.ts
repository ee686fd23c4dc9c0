import type { CartContent } from '../../shared/domain/carts/cart-lines.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIfMatch, toEtag } from '../http/etag.ts';
import type { Principal } from '../http/principal.ts';
import { cartExpiry, findCart, removeCart, replaceCart } from './cart-store.ts';
import type { CartsContext } from './context.ts';
import { refuseIfHeld } from './held-cart.ts';

/** Which cart somebody wants to change, and under what condition. */
export interface CartTarget {
  readonly principal: Principal;
  readonly cartId: string;
  /** The `If-Match` header. */
  readonly ifMatch: string | undefined;
}

type Deps = Pick<CartsContext, 'store' | 'clock' | 'cartMutex'>;

const TRIES_MAX = 100;
const PAUSE_MS_MAX = 40;

/**
 * Applies a change to what is in the cart at that moment. It is written only if nothing else has
 * been meanwhile, else applied to what there is then: of changes at the same time none is lost.
 * @param change answers the content it was given if there is nothing to change
 * @throws RefusedError not_found, precondition_failed, cart_checked_out, overloaded (nothing has
 * been changed), or what `change` throws
 */
export function changeCart(
  deps: Deps,
  target: CartTarget,
  change: (content: CartContent) => CartContent,
): Promise<CartRecord> {
  return writeExclusively(deps, target, async (cart) => {
    await refuseIfHeld(deps.store, cart);
    const content = change(cart);
    if (content === cart) return cart;
    const next = toChangedCart(cart, content, deps.clock.now());
    return (await replaceCart(deps.store, cart.revision, next)) ? next : undefined;
  });
}

/**
 * Removes a cart. Its checkout, if it has one, goes on.
 * @throws RefusedError not_found, precondition_failed or overloaded
 */
export async function dropCart(deps: Deps, target: CartTarget): Promise<void> {
  await writeExclusively(deps, target, async (cart) =>
    (await removeCart(deps.store, cart)) ? cart : undefined,
  );
}

function toChangedCart(cart: CartRecord, { lines, currency }: CartContent, now: Date): CartRecord {
  const { _id, storefrontId, buyerId, revision, tries, createdAt } = cart;
  return {
    ...{ _id, storefrontId, buyerId, lines, tries, createdAt },
    ...(currency !== undefined && { currency }),
    revision: revision + 1,
    updatedAt: now,
    expiresAt: cartExpiry(now),
  };
}

/** Names the turns of one cart; what others ask of it in vain does not hold its owner up. */
export function cartMutexKey(principal: Principal, cartId: string): string {
  return `${principal.shopId} ${cartId}`;
}

/** Answers undefined when somebody else has written meanwhile. */
type Write = (cart: CartRecord) => Promise<CartRecord | undefined>;

function writeExclusively(deps: Deps, target: CartTarget, write: Write): Promise<CartRecord> {
  const key = cartMutexKey(target.principal, target.cartId);
  return deps.cartMutex.run(key, () => retryWrite(deps, target, write));
}

/** Other processes know nothing of our turns. */
async function retryWrite(
  deps: Deps,
  { principal, cartId, ifMatch }: CartTarget,
  write: Write,
): Promise<CartRecord> {
  const bounds = { triesMax: TRIES_MAX, timeoutMs: WRITE_TIMEOUT_MS, pauseMsMax: PAUSE_MS_MAX };
  const written = await retryOnConflict(bounds, async () => {
    const cart = await findCart(deps.store, { principal, now: deps.clock.now() }, cartId);
    checkIfMatch(ifMatch, toEtag(cart.revision));
    return withDeadline('writing a cart', WRITE_TIMEOUT_MS, write(cart));
  });
  if (written !== undefined) return written;
  throw new RefusedError('overloaded', 'Too many change this cart at the same time.');
}
