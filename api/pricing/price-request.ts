import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { applyDiscounts } from '../../shared/domain/discounts/apply-discounts.ts';
import type { AppliedDiscount, RefusedDiscount } from '../../shared/domain/discounts/terms.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import type { HeldShare } from '../../shared/domain/held-shares.ts';
import { mergeLines, type RequestedLine } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX, sumLines } from '../../shared/domain/money.ts';
import { checkOffer, type Offer } from '../../shared/domain/offers.ts';
import { pick } from '../../shared/domain/pick.ts';
import { type ItemLimit, listLimits } from '../../shared/domain/purchase-limits.ts';
import type { TimedVariant } from '../../shared/domain/sale-times.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import { BatchCache } from '../../shared/runtime/batch-cache.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { PRICE_AGE_MS_MAX, READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { type StorefrontPolicies, toStorefront } from '../storefronts/storefront-policies.ts';
import type { DiscountLookup } from './discount-lookup.ts';

const PRICES_MAX = 50_000;
const LOOKUP_VARIANTS_MAX = 20_000;

/** The dependencies of pricing. */
export interface PricingContext {
  readonly clock: Clock;
  readonly priceCache: Pick<BatchCache<Offer>, 'get'>;
  readonly storefrontPolicies: Pick<StorefrontPolicies, 'rightsOver'>;
  readonly discountLookup: Pick<DiscountLookup, 'lookUp'>;
}

/**
 * Creates the cache of offers, by variant id. An offer, or the absence of an offer, is cached for a
 * second.
 */
export function createPriceCache(store: Store, clock: Clock): BatchCache<Offer> {
  return new BatchCache(clock, {
    name: 'prices',
    ageMsMax: PRICE_AGE_MS_MAX,
    entriesMax: PRICES_MAX,
    keysPerReadMax: LOOKUP_VARIANTS_MAX,
    read: async (variantIds) => {
      const products = await store.products
        .find<ProductRecord>(
          { 'variants.id': { $in: [...variantIds] } },
          {
            projection: OFFER_FIELDS,
            maxTimeMS: READ_TIMEOUT_MS,
          },
        )
        .toArray();
      return new Map(products.flatMap(toOffers).map((offer) => [offer.variantId, offer]));
    },
  });
}

// Only the fields of variants that an offer needs: options and metadata can be long.
const OFFER_FIELDS = {
  ...{ shopId: 1, title: 1, status: 1, purchaseLimit: 1, saleFrom: 1, saleUntil: 1 },
  ...{ 'variants.id': 1, 'variants.sku': 1, 'variants.title': 1, 'variants.price': 1 },
  ...{ 'variants.currency': 1, 'variants.quantityRule': 1, 'variants.purchaseLimit': 1 },
} as const;

function toOffers(product: ProductRecord): Offer[] {
  const limits = listLimits(product);
  return product.variants.map((variant) => ({
    variantId: variant.id,
    productId: product._id,
    shopId: product.shopId,
    sku: variant.sku,
    title: variant.title === undefined ? product.title : `${product.title}, ${variant.title}`,
    unitPrice: variant.price,
    currency: variant.currency,
    isPublished: product.status === 'published',
    ...(variant.quantityRule !== undefined && { quantityRule: variant.quantityRule }),
    ...(limits.length > 0 && findOwnLimits(variant.id, product._id, limits)),
    ...pick(product, 'saleFrom', 'saleUntil'),
  }));
}

function findOwnLimits(
  variantId: string,
  productId: string,
  limits: readonly ItemLimit[],
): Pick<Offer, 'limits'> {
  const ownLimits = limits.filter(({ itemId }) => itemId === variantId || itemId === productId);
  return ownLimits.length === 0 ? {} : { limits: ownLimits };
}

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
  /**
   * The codes that give no discount: one entry for each shop that has the code, with the reason.
   */
  readonly refusedDiscounts: readonly RefusedDiscount[];
  /** Variants that can be bought only at certain times. The caller checks these times. */
  readonly timed: readonly TimedVariant[];
  /** The shares of units that sellers let this unlisted storefront hold; absent if none is set. */
  readonly heldShares?: readonly HeldShare[];
}

const NONE: readonly never[] = [];

/**
 * Returns the offers of variants, by variant id, at most a second old. An offer that the caller's
 * storefront may not sell has `maySell: false`. A storefront may always sell the products of its
 * own shop, so these need no lookup of rights.
 */
export async function findOffers(
  { priceCache, storefrontPolicies }: Pick<PricingContext, 'priceCache' | 'storefrontPolicies'>,
  principal: Principal,
  variantIds: readonly string[],
): Promise<Map<string, Offer>> {
  const offers = await priceCache.get(variantIds);
  const sellers = new Set<string>();
  for (const { shopId } of offers.values()) {
    if (shopId !== principal.shopId) sellers.add(shopId);
  }
  if (sellers.size === 0) return offers;
  const rights = await storefrontPolicies.rightsOver(toStorefront(principal), [...sellers]);
  for (const [variantId, offer] of offers) {
    const granted = rights.get(offer.shopId);
    const isAllowed = offer.limits === undefined ? granted?.maySell : granted?.maySellLimited;
    if (isAllowed === false) offers.set(variantId, { ...offer, maySell: false });
    else if (granted?.heldShareMax !== undefined) {
      offers.set(variantId, { ...offer, heldShareMax: granted.heldShareMax });
    }
  }
  return offers;
}

/**
 * Merges the lines of a request, freezes their prices and applies its discount codes. Codes that do
 * not apply are not an error; `refusedDiscounts` lists them.
 * @throws RefusedError as `checkOffer`, or amount_too_large
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
  const indexes = findFirstIndexes(request.lines);
  const timed: TimedVariant[] = [];
  const shares = new Map<string, HeldShare>();
  const lines = merged.map(({ variantId, quantity }): PricedLine => {
    const requested = { variantId, quantity, currency, path: `lines.${indexes.get(variantId)}.` };
    const offer = checkOffer(offers.get(variantId), requested, LINE_QUANTITY_MAX);
    const { productId, shopId, sku, title, unitPrice, heldShareMax } = offer;
    if (heldShareMax !== undefined) shares.set(shopId, { shopId, heldShareMax });
    if (offer.saleFrom ?? offer.saleUntil) {
      timed.push({ variantId, ...pick(offer, 'saleFrom', 'saleUntil') });
    }
    // Checked before the sum, because the sum of larger amounts might not be a safe integer.
    checkAmount(quantity * unitPrice);
    return { variantId, productId, shopId, sku, title, quantity, unitPrice };
  });
  const subtotal = sumLines(lines);
  checkAmount(subtotal);
  const { discountCodes: codes = NONE } = request;
  const heldShares = shares.size > 0 && { heldShares: [...shares.values()] };
  const priced = { lines, currency, subtotal, timed, ...heldShares };
  // Most checkouts have no codes and skip the lookup.
  if (codes.length > 0) return withDiscounts(context, priced, codes);
  return { ...priced, total: subtotal, discounts: NONE, refusedDiscounts: NONE };
}

async function withDiscounts(
  { discountLookup, clock }: PricingContext,
  priced: Pick<PricedRequest, 'lines' | 'currency' | 'subtotal' | 'timed' | 'heldShares'>,
  codes: readonly string[],
): Promise<PricedRequest> {
  const shopIds = [...new Set(priced.lines.map(({ shopId }) => shopId))];
  const foundCodes = await discountLookup.lookUp({ shopIds, codes });
  const { currency, subtotal } = priced;
  const { lines, applied, refused } = applyDiscounts({
    ...{ lines: priced.lines, currency, ...foundCodes, codes },
    at: clock.now(),
  });
  const discount = applied.reduce((sum, { amount }) => sum + amount, 0);
  const total = subtotal - discount;
  return { ...priced, lines, total, discounts: applied, refusedDiscounts: refused };
}

/** Returns the index of the first line of each variant. */
function findFirstIndexes(lines: readonly RequestedLine[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  lines.forEach(({ variantId }, index) => {
    if (!indexes.has(variantId)) indexes.set(variantId, index);
  });
  return indexes;
}

function checkAmount(amount: number): void {
  if (amount <= AMOUNT_MAX) return;
  throw refuseField('amount_too_large', 'lines', `The total may be at most ${AMOUNT_MAX}.`);
}
