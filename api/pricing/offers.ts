import type { Principal } from '../http/principal.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { PricingContext } from './context.ts';
import type { CachedPrice } from './price-cache.ts';

/** A variant as it is offered to one storefront. */
export interface StorefrontOffer extends CachedPrice {
  /** False where its seller does not let the storefront sell it. */
  readonly maySell?: boolean;
}

/**
 * What these variants cost now in the caller's storefront, and whether it may sell them. Its own
 * shop's are never asked about.
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
