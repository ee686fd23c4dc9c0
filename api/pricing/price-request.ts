import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { applyDiscounts } from '../../shared/domain/discounts/apply-discounts.ts';
import type { AppliedDiscount, RefusedDiscount } from '../../shared/domain/discounts/terms.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { mergeLines, type RequestedLine } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX, sumLines } from '../../shared/domain/money.ts';
import { checkQuantity } from '../../shared/domain/quantity-rule.ts';
import { refuseUnlessSold } from '../../shared/domain/storefront-rights.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import type { Principal } from '../http/principal.ts';
import type { PricingContext } from './context.ts';
import { findOffers, type StorefrontOffer } from './offers.ts';

/** Lines and discount codes to price. */
export interface PriceableRequest {
  readonly lines: readonly RequestedLine[];
  readonly discountCodes?: readonly string[] | undefined;
  /** The currency of the cart. Without it, the currency of the first line applies. */
  readonly currency?: string | undefined;
}

/** A request with frozen prices; amounts in minor units. */
export interface PricedRequest {
  readonly lines: readonly PricedLine[];
  readonly currency: string;
  /** Before discounts. */
  readonly subtotal: number;
  /** After discounts. */
  readonly total: number;
  readonly discounts: readonly AppliedDiscount[];
  /** Every code that discounts nothing, with the reason, for each shop that has it. */
  readonly refusedDiscounts: readonly RefusedDiscount[];
}

const NONE: readonly never[] = [];

/**
 * Merges the lines of a request, freezes their prices and applies its discount codes. Codes that
 * do not apply are no error; `refusedDiscounts` lists them.
 * @throws RefusedError unknown_variant, product_unpublished, storefront_not_allowed,
 * currency_mismatch, amount_too_large, quantity_not_allowed, or invalid_request if the lines of one
 * variant sum to too many units
 */
export async function priceRequest(
  context: PricingContext,
  principal: Principal,
  request: PriceableRequest,
): Promise<PricedRequest> {
  const merged = mergeLines(request.lines);
  const variantIds = merged.map((line) => line.variantId);
  const offers = await findOffers(context, principal, variantIds);
  const currency = request.currency ?? offers.get(merged[0]?.variantId ?? '')?.currency ?? '';
  const places = findPlaces(request.lines);
  const lines = merged.map(({ variantId, quantity }): PricedLine => {
    const path = `lines.${places.get(variantId)}`;
    const offer = checkOffer(offers.get(variantId), currency, { variantId, path });
    const { productId, shopId, sku, title, unitPrice, quantityRule } = offer;
    if (quantity > LINE_QUANTITY_MAX) {
      const message = `The lines of one variant may sum to ${LINE_QUANTITY_MAX} units.`;
      throw refuseField('invalid_request', `${path}.quantity`, message, { variantId });
    }
    checkQuantity(quantityRule, quantity, `${path}.quantity`, variantId);
    // Each line is checked first: the sum of larger amounts might not be a safe integer.
    checkAmount(quantity * unitPrice);
    return { variantId, productId, shopId, sku, title, quantity, unitPrice };
  });
  const subtotal = sumLines(lines);
  checkAmount(subtotal);
  const { discountCodes: codes = NONE } = request;
  const priced = { lines, currency, subtotal };
  // Most checkouts have no codes and skip the lookup.
  if (codes.length > 0) return withDiscounts(context, priced, codes);
  return { ...priced, total: subtotal, discounts: NONE, refusedDiscounts: NONE };
}

async function withDiscounts(
  { discountLookup, clock }: PricingContext,
  priced: Pick<PricedRequest, 'lines' | 'currency' | 'subtotal'>,
  codes: readonly string[],
): Promise<PricedRequest> {
  const shopIds = [...new Set(priced.lines.map(({ shopId }) => shopId))];
  const found = await discountLookup.lookUp({ shopIds, codes });
  const { currency, subtotal } = priced;
  const { lines, applied, refused } = applyDiscounts({
    ...{ lines: priced.lines, currency, ...found, codes },
    at: clock.now(),
  });
  const discount = applied.reduce((sum, { amount }) => sum + amount, 0);
  const total = subtotal - discount;
  return { lines, currency, subtotal, total, discounts: applied, refusedDiscounts: refused };
}

/** Returns the index of the first line of each variant. */
function findPlaces(lines: readonly RequestedLine[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  lines.forEach(({ variantId }, place) => {
    if (!places.has(variantId)) places.set(variantId, place);
  });
  return places;
}

function checkAmount(amount: number): void {
  if (amount <= AMOUNT_MAX) return;
  throw refuseField('amount_too_large', 'lines', `The total may be ${AMOUNT_MAX} at most.`);
}

/** Refusals name the variant, because a request with a `cartId` does not list its lines. */
function checkOffer(
  offer: StorefrontOffer | undefined,
  currency: string,
  line: { readonly variantId: string; readonly path: string },
): StorefrontOffer {
  const { variantId } = line;
  const path = `${line.path}.variantId`;
  if (offer === undefined) {
    throw refuseField('unknown_variant', path, 'There is no such variant.', { variantId });
  }
  if (!offer.isPublished) {
    throw refuseField('product_unpublished', path, 'The product is not for sale now.', {
      variantId,
    });
  }
  refuseUnlessSold(offer, path);
  if (offer.currency === currency) return offer;
  const message = `The price is in ${offer.currency}, but the checkout is in ${currency}.`;
  throw refuseField('currency_mismatch', path, message, { variantId });
}
