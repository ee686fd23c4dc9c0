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

/** The cart to change, and the condition of the change. */
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
 * Applies a change to the current content of a cart. If another request has changed the cart
 * meanwhile, the change is applied again to the new content, so that no concurrent change is lost.
 * @param change returns its argument if there is nothing to change
 * @throws RefusedError not_found, precondition_failed, cart_checked_out, overloaded (nothing was
 * changed), or what `change` throws
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
 * Removes a cart, but not its checkout.
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

/**
 * Returns the key of a cart in `cartMutex`. It contains the shop, so that requests of other shops,
 * which are refused, do not delay the owner's.
 */
export function cartMutexKey(principal: Principal, cartId: string): string {
  return `${principal.shopId} ${cartId}`;
}

/** Returns undefined if another request has written meanwhile. */
type Write = (cart: CartRecord) => Promise<CartRecord | undefined>;

function writeExclusively(deps: Deps, target: CartTarget, write: Write): Promise<CartRecord> {
  const key = cartMutexKey(target.principal, target.cartId);
  return deps.cartMutex.run(key, () => retryWrite(deps, target, write));
}

/** Retries, because the mutex does not exclude other processes. */
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
  throw new RefusedError(
    'overloaded',
    'Too many requests change this cart at the same time. Try again.',
  );
}
