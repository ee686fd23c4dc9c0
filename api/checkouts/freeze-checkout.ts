import { toCartClaim } from '../../shared/domain/carts/cart-claim.ts';
import { failedCodes } from '../../shared/domain/discounts/apply-discounts.ts';
import { toBuyerKey } from '../../shared/domain/discounts/terms.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { shopParts } from '../../shared/domain/lines.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { resolveBuyer } from '../access/buyer.ts';
import { findCart } from '../carts/cart-store.ts';
import { refuseIfHeld } from '../carts/held-cart.ts';
import type { Principal } from '../http/principal.ts';
import {
  type PriceableRequest,
  type PricedRequest,
  priceRequest,
} from '../pricing/price-request.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { CheckoutsContext } from './context.ts';
import type { CheckoutBody, CheckoutRequest } from './schemas.ts';

const NONE: readonly string[] = [];

/** A checkout that somebody asks for. */
export interface CheckoutCommand {
  /** Whose it will be; buyers are told apart within the shop of the storefront. */
  readonly principal: Principal;
  /** Names the request among all that anybody makes. */
  readonly idempotencyKey: string;
  readonly request: CheckoutBody;
  readonly receivedAt: Date;
}

/** A checkout ready to be stored, with the cart whose lines it has. */
export interface FrozenCheckout {
  readonly record: CheckoutRecord;
  readonly cart?: CartRecord;
}

/** Freezes what the buyer is promised; a refusal is answered, for it may be none in the end. */
export async function freezeOrRefuse(
  context: CheckoutsContext,
  command: CheckoutCommand,
  requestHash: string,
): Promise<FrozenCheckout | RefusedError> {
  try {
    return await freeze(context, command, requestHash);
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

async function freeze(
  context: CheckoutsContext,
  { principal, idempotencyKey, request: asked, receivedAt }: CheckoutCommand,
  requestHash: string,
): Promise<FrozenCheckout> {
  const { request, cart } = await resolveRequest(context, principal, asked);
  const { buyerId, expectedTotal, shippingAddress } = request;
  const priced = await priceRequest(context, principal, request);
  const confirmFreeOf = await findFreeShops(context, principal, priced.lines);
  const record: CheckoutRecord = {
    _id: newId('chk'),
    storefrontId: principal.shopId,
    madeBy: principal.id,
    buyerId,
    idempotencyKey,
    requestHash,
    status: 'queued',
    lines: priced.lines,
    currency: priced.currency,
    total: priced.total,
    ...freezeDiscounts(priced, principal.shopId, buyerId),
    ...(confirmFreeOf.length > 0 && { confirmFreeOf }),
    ...(cart && { cartId: cart._id, cartClaim: toCartClaim(cart._id, cart.tries) }),
    ...(expectedTotal === undefined ? {} : { expectedTotal }),
    ...(shippingAddress === undefined ? {} : { shippingAddress: present(shippingAddress) }),
    receivedAt,
    acceptedAt: context.clock.now(),
    jobId: '', // Named when it is known with which others it is stored.
    wakeups: 0,
  };
  return { record, ...(cart && { cart }) };
}

/** A request whose buyer and lines are known, with the cart that they are of. */
interface ResolvedRequest {
  readonly request: CheckoutRequest & PriceableRequest;
  readonly cart?: CartRecord;
}

/**
 * Completes the buyer of a request: a buyer's own, the one that a key names, or none yet if the cart
 * names it. Repeats of a request are compared in this form, whatever has happened to the cart.
 * @throws RefusedError invalid_request without a buyer, forbidden for another one
 */
export function withBuyer(
  principal: Principal,
  { buyerId: named, ...request }: CheckoutBody,
): CheckoutBody {
  const isToldByCart =
    request.cartId !== undefined && principal.buyerId === undefined && named === undefined;
  return isToldByCart ? request : { buyerId: resolveBuyer(principal, named), ...request };
}

/**
 * Takes the lines of a request, or those of its cart as it stands.
 * @throws RefusedError not_found, cart_checked_out, cart_empty, or invalid_request where the buyer
 * is not the cart's
 */
export async function resolveRequest(
  context: Pick<CheckoutsContext, 'store' | 'clock'>,
  principal: Principal,
  { cartId, lines = [], buyerId, ...rest }: CheckoutBody,
): Promise<ResolvedRequest> {
  if (cartId === undefined) {
    return { request: { ...rest, buyerId: resolveBuyer(principal, buyerId), lines } };
  }
  const reader = { principal, now: context.clock.now() };
  const cart = await findCart(context.store, reader, cartId);
  if (buyerId !== undefined && buyerId !== cart.buyerId) {
    throw refuseField('invalid_request', 'buyerId', 'The cart is another buyer’s.');
  }
  await refuseIfHeld(context.store, cart);
  if (cart.lines.length === 0) {
    throw refuseField('cart_empty', 'cartId', 'There is nothing in the cart.');
  }
  const inCart = cart.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  const { currency } = cart;
  return { request: { ...rest, buyerId: cart.buyerId, lines: inCart, currency }, cart };
}

/**
 * Returns the shops whose order costs nothing, and where the caller's storefront may confirm. No one
 * pays for these orders, so they are confirmed when they are placed.
 */
async function findFreeShops(
  { storefrontPolicies }: CheckoutsContext,
  principal: Principal,
  lines: readonly PricedLine[],
): Promise<readonly string[]> {
  // Most checkouts have no line that is free.
  if (!lines.some(isFree)) return NONE;
  const sellers = shopParts(lines)
    .filter(({ total }) => total === 0)
    .map(({ shopId }) => shopId);
  if (sellers.length === 0) return NONE;
  const rights = await storefrontPolicies.rightsOver(toStorefront(principal), sellers);
  return sellers.filter((shopId) => rights.get(shopId)?.mayConfirm === true);
}

function isFree({ unitPrice, quantity, discount = 0 }: PricedLine): boolean {
  return unitPrice * quantity === discount;
}

/** Codes are judged now, and never again but for how often they may be used. */
function freezeDiscounts(
  { discounts, refusedDiscounts }: PricedRequest,
  storefrontShopId: string,
  buyerId: string,
): Pick<CheckoutRecord, 'discounts' | 'buyerKey' | 'refusedDiscount'> | undefined {
  if (discounts.length === 0 && refusedDiscounts.length === 0) return undefined;
  const [refused] = failedCodes({ applied: discounts, refused: refusedDiscounts });
  return {
    ...(discounts.length > 0 && {
      discounts,
      buyerKey: toBuyerKey(storefrontShopId, buyerId),
    }),
    ...(refused !== undefined && { refusedDiscount: refused }),
  };
}

function present(address: NonNullable<CheckoutBody['shippingAddress']>): Record<string, string> {
  const fields = Object.entries(address).filter((field): field is [string, string] => {
    return field[1] !== undefined;
  });
  return Object.fromEntries(fields);
}
