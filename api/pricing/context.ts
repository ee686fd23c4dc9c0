import type { Clock } from '../../shared/runtime/clock.ts';
import type { StorefrontPolicies } from '../storefronts/storefront-policies.ts';
import type { DiscountLookup } from './discount-lookup.ts';
import type { PriceCache } from './price-cache.ts';

/** The dependencies of pricing. */
export interface PricingContext {
  readonly clock: Clock;
  readonly priceCache: Pick<PriceCache, 'findPrices'>;
  readonly storefrontPolicies: Pick<StorefrontPolicies, 'rightsOver'>;
  readonly discountLookup: Pick<DiscountLookup, 'lookUp'>;
}
