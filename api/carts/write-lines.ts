import { CART_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import {
  acknowledge,
  type CartContent,
  type LineWrite,
  writeLine,
} from '../../shared/domain/carts/cart-lines.ts';
import { mergeLines, type RequestedLine } from '../../shared/domain/lines.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { findOffers } from '../pricing/offers.ts';
import { cartExpiry, findCart, insertCart } from './cart-store.ts';
import { type CartTarget, changeCart } from './change-cart.ts';
import type { CartsContext } from './context.ts';
import { type CartView, viewCart } from './view-cart.ts';

type Deps = Pick<
  CartsContext,
  'store' | 'priceCache' | 'storefrontPolicies' | 'clock' | 'cartMutex'
>;

const BOUNDS = { linesMax: CART_LINES_MAX, quantityMax: LINE_QUANTITY_MAX };

/**
 * Creates a cart of the buyer with these lines.
 * @throws RefusedError as `writeLine`, with the index of the line
 */
export async function createCart(
  deps: Deps,
  { principal, buyerId }: { readonly principal: Principal; readonly buyerId: string },
  lines: readonly RequestedLine[],
): Promise<CartView> {
  const content = await buildContent(deps, principal, lines);
  const now = deps.clock.now();
  const cart: CartRecord = {
    ...{ _id: newId('crt'), storefrontId: principal.shopId, buyerId, ...content },
    ...{ revision: 1, tries: 0, createdAt: now, updatedAt: now, expiresAt: cartExpiry(now) },
  };
  await withDeadline('storing a cart', WRITE_TIMEOUT_MS, insertCart(deps.store, cart));
  return viewCart(deps, { cart, principal });
}

/**
 * Sets, adds to or removes one line of a cart.
 * @throws RefusedError as `writeLine` and `changeCart`
 */
export async function writeCartLine(
  deps: Deps,
  target: CartTarget,
  write: LineWrite,
): Promise<CartView> {
  const { variantId, quantity } = write;
  const { principal } = target;
  const offers = quantity === 0 ? undefined : await findOffers(deps, principal, [variantId]);
  const offer = offers?.get(variantId);
  const changed = await changeCart(deps, target, (content) =>
    writeLine(content, write, offer, { bounds: BOUNDS }),
  );
  return viewCart(deps, { cart: changed, principal });
}

/**
 * Returns a cart and marks its prices as seen, so that later reads no longer report their changes.
 * @throws RefusedError as `changeCart`
 */
export async function acknowledgeCart(deps: Deps, target: CartTarget): Promise<CartView> {
  const { principal, cartId } = target;
  const reader = { principal, now: deps.clock.now() };
  const { lines } = await findCart(deps.store, reader, cartId);
  const variantIds = lines.map((line) => line.variantId);
  const offers = await findOffers(deps, principal, variantIds);
  let before: CartContent = { lines: [] };
  const changed = await changeCart(deps, target, (content) => {
    before = content;
    return acknowledge(content, offers);
  });
  const cart = { ...changed, lines: before.lines };
  const view = await viewCart(deps, { cart, principal }, offers);
  return { ...view, cart: changed };
}

async function buildContent(
  deps: Deps,
  principal: Principal,
  lines: readonly RequestedLine[],
): Promise<CartContent> {
  const merged = mergeLines(lines);
  const variantIds = merged.map((line) => line.variantId);
  const offers = await findOffers(deps, principal, variantIds);
  let content: CartContent = { lines: [] };
  for (const { variantId, quantity } of merged) {
    const place = lines.findIndex((line) => line.variantId === variantId);
    const write = { mode: 'set', variantId, quantity } as const;
    const options = { bounds: BOUNDS, path: `lines.${place}.` };
    content = writeLine(content, write, offers.get(variantId), options);
  }
  return content;
}
