import { CART_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import {
  acknowledge,
  type CartContent,
  type LineWrite,
  writeLine,
} from '../../shared/domain/carts/cart-lines.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { mergeLines, type RequestedLine } from '../../shared/domain/lines.ts';
import { pick } from '../../shared/domain/pick.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIfMatch, toEtag } from '../http/etag.ts';
import type { Principal } from '../http/principal.ts';
import { findOffers } from '../pricing/price-request.ts';
import { cartExpiry, findCart, refuseIfHeld } from './cart-store.ts';
import type { CartsContext } from './context.ts';
import { type CartView, viewCart } from './view-cart.ts';

/** The cart to change, the caller, and the revisions on which the change depends. */
export interface CartTarget {
  readonly principal: Principal;
  readonly cartId: string;
  /** The `If-Match` header. */
  readonly ifMatch: string | undefined;
}

const BOUNDS = { linesMax: CART_LINES_MAX, quantityMax: LINE_QUANTITY_MAX };
const TRIES_MAX = 100;
const PAUSE_MS_MAX = 40;

/**
 * Creates a cart of the buyer with these lines.
 * @throws RefusedError as `writeLine`; its field path contains the index of the variant's first line
 */
export async function createCart(
  context: CartsContext,
  { principal, buyerId }: { readonly principal: Principal; readonly buyerId: string },
  lines: readonly RequestedLine[],
): Promise<CartView> {
  const merged = mergeLines(lines);
  const variantIds = merged.map((line) => line.variantId);
  const offers = await findOffers(context, principal, variantIds);
  let content: CartContent = { lines: [] };
  for (const { variantId, quantity } of merged) {
    const index = lines.findIndex((line) => line.variantId === variantId);
    const write = { mode: 'set', variantId, quantity } as const;
    const options = { bounds: BOUNDS, path: `lines.${index}.` };
    content = writeLine(content, write, offers.get(variantId), options);
  }
  const now = context.clock.now();
  const cart: CartRecord = {
    ...{ _id: newId('crt'), storefrontId: principal.shopId, buyerId, ...content },
    ...{ revision: 1, createdAt: now, updatedAt: now, expiresAt: cartExpiry(now) },
  };
  await withDeadline('storing a cart', WRITE_TIMEOUT_MS, context.store.carts.insertOne(cart));
  return viewCart(context, { cart, principal });
}

/**
 * Sets the quantity of a line of a cart, removes the line, or adds units to it.
 * @throws RefusedError as `writeLine` and `changeCart`
 */
export async function writeCartLine(
  context: CartsContext,
  target: CartTarget,
  write: LineWrite,
): Promise<CartView> {
  const { variantId, quantity } = write;
  const { principal } = target;
  const offers = quantity === 0 ? undefined : await findOffers(context, principal, [variantId]);
  const offer = offers?.get(variantId);
  const cart = await changeCart(context, target, (content) =>
    writeLine(content, write, offer, { bounds: BOUNDS }),
  );
  return viewCart(context, { cart, principal });
}

/**
 * Returns a cart that lists the prices that have changed, and marks the current prices as seen, so
 * that later reads do not list these changes again.
 * @throws RefusedError as `changeCart`
 */
export async function acknowledgeCart(
  context: CartsContext,
  target: CartTarget,
): Promise<CartView> {
  const { principal, cartId } = target;
  const reader = { principal, now: context.clock.now() };
  const { lines } = await findCart(context.store, reader, cartId);
  const variantIds = lines.map((line) => line.variantId);
  const offers = await findOffers(context, principal, variantIds);
  let contentBefore: CartContent = { lines: [] };
  const changed = await changeCart(context, target, (content) => {
    contentBefore = content;
    return acknowledge(content, offers);
  });
  const cart = { ...changed, lines: contentBefore.lines };
  const view = await viewCart(context, { cart, principal }, offers);
  return { ...view, cart: changed };
}

/**
 * Deletes a cart, but not its checkout.
 * @throws RefusedError not_found, precondition_failed or overloaded
 */
export async function dropCart(context: CartsContext, target: CartTarget): Promise<void> {
  await writeExclusively(context, target, async (cart) => {
    const { deletedCount } = await context.store.carts.deleteOne(pick(cart, '_id', 'revision'));
    return deletedCount === 1 ? cart : undefined;
  });
}

/**
 * Applies a change to the current content of a cart. If another request changes the cart meanwhile,
 * `change` is called again with the new content, so that no concurrent change is lost.
 * @param change returns its argument if there is nothing to change
 * @throws RefusedError not_found, precondition_failed, cart_checked_out, overloaded (nothing was
 * changed), or an error of `change`
 */
function changeCart(
  context: CartsContext,
  target: CartTarget,
  change: (content: CartContent) => CartContent,
): Promise<CartRecord> {
  const { store, clock } = context;
  return writeExclusively(context, target, async (cart) => {
    const now = clock.now();
    await refuseIfHeld(store, cart, now);
    const content = change(cart);
    if (content === cart) return cart;
    const next: CartRecord = {
      ...pick(cart, '_id', 'storefrontId', 'buyerId', 'createdAt'),
      ...pick(content, 'lines', 'currency'),
      ...{ revision: cart.revision + 1, updatedAt: now, expiresAt: cartExpiry(now) },
    };
    const { matchedCount } = await store.carts.replaceOne(pick(cart, '_id', 'revision'), next);
    return matchedCount === 1 ? next : undefined;
  });
}

/**
 * Returns the key of a cart in `cartMutex`. The key contains the caller's shop, so that requests of
 * other shops, which are refused, do not delay the owner's requests.
 */
export function cartMutexKey(principal: Principal, cartId: string): string {
  return `${principal.shopId} ${cartId}`;
}

/**
 * Runs `write` on the current cart, one request at a time, and again after a conflict.
 * @param write returns undefined if another request has changed the cart meanwhile
 * @throws RefusedError not_found, precondition_failed, overloaded after too many conflicts, or an
 * error of `write`
 */
function writeExclusively(
  { store, clock, cartMutex }: CartsContext,
  { principal, cartId, ifMatch }: CartTarget,
  write: (cart: CartRecord) => Promise<CartRecord | undefined>,
): Promise<CartRecord> {
  const bounds = { triesMax: TRIES_MAX, timeoutMs: WRITE_TIMEOUT_MS, pauseMsMax: PAUSE_MS_MAX };
  return cartMutex.run(cartMutexKey(principal, cartId), async () => {
    // Requests to other processes can still conflict: the mutex works only within this process.
    const written = await retryOnConflict(bounds, async () => {
      const cart = await findCart(store, { principal, now: clock.now() }, cartId);
      checkIfMatch(ifMatch, toEtag(cart.revision));
      return withDeadline('writing a cart', WRITE_TIMEOUT_MS, write(cart));
    });
    if (written !== undefined) return written;
    const detail = 'Too many requests change this cart at the same time. Try again.';
    throw new RefusedError('overloaded', detail, [], { reason: 'cart_contention' });
  });
}
