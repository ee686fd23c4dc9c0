import type { Principal } from '../http/principal.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { PricingContext } from './context.ts';
import type { CachedPrice } from './price-cache.ts';

/** A variant as one storefront can sell it. */
export interface StorefrontOffer extends CachedPrice {
  /** False if the seller does not let the storefront sell it. */
  readonly maySell?: boolean;
}

/**
 * Returns the current prices of variants, and whether the caller's storefront may sell them. A
 * storefront may always sell the products of its own shop, so these need no lookup.
 */
export async function findOffers(
  { priceCache, storefrontPolicies }: Pick<PricingContext, 'priceCache' | 'storefrontPolicies'>,
  principal: Principal,
  variantIds: readonly string[],
): Promise<Map<string, StorefrontOffer>> {
  const offers: Map<string, StorefrontOffer> = await priceCache.findPrices(variantIds);
  const sellers = new Set<string>();
  for (const { shopId } of offers.values()) {
    if (shopId !== principal.shopId) sellers.add(shopId);
  }
  if (sellers.size === 0) return offers;
  const rights = await storefrontPolicies.rightsOver(toStorefront(principal), [...sellers]);
  for (const [variantId, offer] of offers) {
    if (rights.get(offer.shopId)?.maySell === false) {
      offers.set(variantId, { ...offer, maySell: false });
    }
  }
  return offers;
}
