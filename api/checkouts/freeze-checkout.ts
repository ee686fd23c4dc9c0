import { sumCharges } from '../../shared/domain/charges.ts';
import { failedCodes } from '../../shared/domain/discounts/apply-discounts.ts';
import { toBuyerKey } from '../../shared/domain/discounts/terms.ts';
import { checkEntry, type EnterableDraw } from '../../shared/domain/draws.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { pick } from '../../shared/domain/pick.ts';
import { checkOnSale } from '../../shared/domain/sale-times.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutDraft } from '../../shared/store/collections/checkouts.ts';
import { resolveBuyer } from '../access/buyer.ts';
import { findCart, refuseIfHeld } from '../carts/cart-store.ts';
import { findDrawToEnter } from '../draws/draw-cache.ts';
import type { Principal } from '../http/principal.ts';
import { omitUndefined } from '../orders/carried-schemas.ts';
import type { PriceableRequest, PricedRequest } from '../pricing/price-request.ts';
import type { CheckoutsContext } from './context.ts';
import { freezeWait } from './freeze-wait.ts';
import { priceInTime } from './price-in-time.ts';
import type { RequestHashes } from './request-hash.ts';
import type { CheckoutBody, CheckoutRequest } from './schemas.ts';

/** A request for a checkout. */
export interface CheckoutCommand {
  /** The caller. The caller's shop and the buyer id together identify the buyer. */
  readonly principal: Principal;
  /** Contains the caller’s id, so that two callers never have the same key. */
  readonly idempotencyKey: string;
  readonly request: CheckoutBody;
  readonly receivedAt: Date;
}

/** A checkout that is ready to be stored, with the cart that its lines come from. */
export interface FrozenCheckout {
  readonly record: CheckoutDraft;
  readonly cart?: CartRecord;
  /** The draw that the checkout enters. */
  readonly draw?: EnterableDraw;
}

/**
 * Freezes the lines, prices and discounts of a checkout. Returns a refusal instead of throwing it,
 * because a repeat of an accepted request gets the original checkout even if it is refused now.
 */
export async function freezeOrRefuse(
  context: CheckoutsContext,
  command: CheckoutCommand,
  hashes: RequestHashes,
): Promise<FrozenCheckout | RefusedError> {
  try {
    return await freeze(context, command, hashes);
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

async function freeze(
  context: CheckoutsContext,
  { principal, idempotencyKey, request: body, receivedAt }: CheckoutCommand,
  hashes: RequestHashes,
): Promise<FrozenCheckout> {
  const { request, cart } = await resolveRequest(context, principal, body);
  const draw = await findDrawToEnter(context, principal, body.drawId);
  const { buyerId, expectedTotal, reservationSeconds, whenSoldOut } = request;
  const frozen = await priceInTime(context, principal, request);
  const { priced, charges, confirmFreeOf, acceptedAt } = frozen;
  if (draw === undefined) checkOnSale(priced.timed, acceptedAt);
  else checkEntry(draw, priced.lines, acceptedAt);
  const wait =
    whenSoldOut &&
    (await freezeWait(context, principal, { whenSoldOut, lines: priced.lines, acceptedAt }));
  const record: CheckoutDraft = {
    _id: newId('chk'),
    storefrontId: principal.shopId,
    madeBy: principal.id,
    buyerId,
    idempotencyKey,
    ...hashes,
    status: draw === undefined ? 'queued' : 'waiting',
    lines: priced.lines,
    currency: priced.currency,
    total: priced.total + sumCharges(charges),
    ...freezeDiscounts(priced, principal.shopId, buyerId),
    ...(confirmFreeOf.length > 0 && { confirmFreeOf }),
    ...pick(priced, 'heldShares'),
    ...wait,
    ...(cart && { cartId: cart._id }),
    ...(expectedTotal === undefined ? {} : { expectedTotal }),
    ...(reservationSeconds && { reservationMs: reservationSeconds * 1_000 }),
    ...(charges.length > 0 && { charges }),
    ...toCarriedFields(request),
    ...(draw && { drawId: draw.id }),
    receivedAt,
    acceptedAt,
    wakeups: 0,
  };
  return { record, ...(cart && { cart }), ...(draw && { draw }) };
}

/** A request with its buyer and lines, and the cart that they come from. */
interface ResolvedRequest {
  readonly request: CheckoutRequest & PriceableRequest;
  readonly cart?: CartRecord;
}

/**
 * Adds the buyer to a request. A caller with an API key may name a cart and no buyer; the buyer
 * then stays undefined. Requests are hashed in this form, so that a repeated request is recognized
 * even if the cart has changed.
 * @throws RefusedError invalid_request if no buyer is named; forbidden if a buyer names another
 *   buyer, or sets a field that only the storefront can set
 */
export function withBuyer(
  principal: Principal,
  { buyerId: namedBuyerId, ...request }: CheckoutBody,
): CheckoutBody {
  if (principal.kind === 'buyer') refuseShopFields(request);
  const isNamedByCart =
    request.cartId !== undefined && principal.buyerId === undefined && namedBuyerId === undefined;
  return isNamedByCart ? request : { buyerId: resolveBuyer(principal, namedBuyerId), ...request };
}

/** Refuses fields that a buyer must not set: charges, and metadata, which only the shop sees. */
function refuseShopFields(request: Omit<CheckoutBody, 'buyerId'>): void {
  for (const field of ['charges', 'metadata'] as const) {
    if (request[field] === undefined) continue;
    throw refuseField('forbidden', field, 'Only the storefront can set this, with its API key.');
  }
}

/** Returns the fields that orders take over: address, contact, note and metadata. */
function toCarriedFields({ shippingAddress, contact, note, metadata = {} }: CheckoutRequest) {
  const isPersonal = (shippingAddress ?? contact ?? note) !== undefined;
  return {
    ...(shippingAddress && { shippingAddress: omitUndefined(shippingAddress) }),
    ...(contact && { contact: omitUndefined(contact) }),
    ...(note !== undefined && { note }),
    ...(isPersonal && { isPersonal: true as const }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/**
 * Returns a request with its buyer and lines, which come from the cart if the request names one.
 * @throws RefusedError outside_production_only, not_found, cart_checked_out, cart_empty;
 *   invalid_request if no buyer is named or the cart belongs to another buyer; forbidden if a buyer
 *   names another buyer
 */
export async function resolveRequest(
  context: Pick<CheckoutsContext, 'store' | 'clock' | 'mayChooseReservation'>,
  principal: Principal,
  { cartId, lines = [], buyerId, ...rest }: CheckoutBody,
): Promise<ResolvedRequest> {
  if (rest.reservationSeconds !== undefined && !context.mayChooseReservation) {
    const message = 'In production all orders hold their units for the same time.';
    throw refuseField('outside_production_only', 'reservationSeconds', message);
  }
  if (cartId === undefined) {
    return { request: { ...rest, buyerId: resolveBuyer(principal, buyerId), lines } };
  }
  const reader = { principal, now: context.clock.now() };
  const cart = await findCart(context.store, reader, cartId);
  if (buyerId !== undefined && buyerId !== cart.buyerId) {
    throw refuseField('invalid_request', 'buyerId', 'The cart belongs to another buyer.');
  }
  await refuseIfHeld(context.store, cart, reader.now);
  if (cart.lines.length === 0) {
    throw refuseField('cart_empty', 'cartId', 'The cart is empty.');
  }
  const lineRequests = cart.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  const { currency } = cart;
  return { request: { ...rest, buyerId: cart.buyerId, lines: lineRequests, currency }, cart };
}

/**
 * Freezes which discount codes apply. Their usage limits are checked later, when the checkout
 * settles.
 */
function freezeDiscounts(
  { discounts, refusedDiscounts }: PricedRequest,
  storefrontShopId: string,
  buyerId: string,
): Pick<CheckoutDraft, 'discounts' | 'buyerKey' | 'refusedDiscount'> | undefined {
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
