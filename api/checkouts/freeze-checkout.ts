import { toCartClaim } from '../../shared/domain/carts/cart-claim.ts';
import { failedCodes } from '../../shared/domain/discounts/apply-discounts.ts';
import { toBuyerKey } from '../../shared/domain/discounts/terms.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Principal } from '../http/principal.ts';
import { type PricedRequest, priceRequest } from '../pricing/price-request.ts';
import { shopsToConfirmFree } from '../storefronts/free-orders.ts';
import type { CheckoutsContext } from './context.ts';
import { resolveRequest } from './resolve-request.ts';
import type { CheckoutBody } from './schemas.ts';

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
  const confirmFreeOf = await shopsToConfirmFree(context, principal, priced.lines);
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
    ...frozenDiscounts(priced, principal.shopId, buyerId),
    ...(confirmFreeOf.length > 0 && { confirmFreeOf }),
    ...(cart && { cartId: cart._id, cartClaim: toCartClaim(cart._id, cart.tries) }),
    ...(expectedTotal === undefined ? {} : { expectedTotal }),
    ...(shippingAddress === undefined ? {} : { shippingAddress: present(shippingAddress) }),
    receivedAt,
    acceptedAt: context.clock.now(),
    wakeups: 0,
  };
  return { record, ...(cart && { cart }) };
}

/** Codes are judged now, and never again but for how often they may be used. */
function frozenDiscounts(
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
