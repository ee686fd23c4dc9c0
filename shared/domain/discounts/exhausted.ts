import type { BuyerUses, DiscountUses } from './use-pools.ts';

/** Whose limit a discount has reached. */
export type ExhaustedReason = 'usage_limit' | 'usage_limit_per_buyer';

/**
 * Which of these discounts a buyer cannot use now, for want of uses. It is no promise that the
 * others can be used: uses are given out when checkouts are settled.
 */
export function exhaustedFor(
  buyerKey: string,
  discounts: Iterable<DiscountUses>,
  buyerUses: BuyerUses,
): Map<string, ExhaustedReason> {
  const exhausted = new Map<string, ExhaustedReason>();
  for (const { discountId, uses, usageLimit, usageLimitPerBuyer } of discounts) {
    const own = buyerUses.get(discountId)?.get(buyerKey) ?? 0;
    if (usageLimit !== undefined && uses >= usageLimit) exhausted.set(discountId, 'usage_limit');
    else if (usageLimitPerBuyer !== undefined && own >= usageLimitPerBuyer) {
      exhausted.set(discountId, 'usage_limit_per_buyer');
    }
  }
  return exhausted;
}
