import type { OrderStatus } from '../vocabulary.ts';

/** How often a discount has been used, and how often it may be, at one snapshot. */
export interface DiscountUses {
  readonly discountId: string;
  readonly uses: number;
  readonly version: number;
  readonly usageLimit?: number;
  readonly usageLimitPerBuyer?: number;
  /** False once the shop has cancelled it. */
  readonly isActive: boolean;
}

/** How often each buyer uses each discount: by `discountId`, then by `buyerKey`. */
export type BuyerUses = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A transaction's change of a discount's uses. The discount must still be at `fromVersion`. */
export interface UseChange {
  readonly discountId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly uses: number;
}

/**
 * Statuses of orders that use their discounts; an order without units left has given its uses back.
 */
export const USING_STATUSES: readonly OrderStatus[] = [
  'pending',
  'confirmed',
  'shipped',
  'delivered',
];

/** Returns whether an order of this status counts as a use of each of its discounts. */
export function isUsing(status: OrderStatus): boolean {
  return USING_STATUSES.includes(status);
}

/** The limit that a discount has reached. */
export type ExhaustedReason = 'usage_limit' | 'usage_limit_per_buyer';

/**
 * Finds the discounts that a buyer cannot use now because a limit of uses is reached. Uses are
 * granted only when the buyer's checkout is settled, so further discounts may be used up by then.
 */
export function findExhausted(
  buyerKey: string,
  discounts: Iterable<DiscountUses>,
  buyerUses: BuyerUses,
): Map<string, ExhaustedReason> {
  const exhausted = new Map<string, ExhaustedReason>();
  for (const { discountId, uses, usageLimit, usageLimitPerBuyer } of discounts) {
    const usesOfBuyer = buyerUses.get(discountId)?.get(buyerKey) ?? 0;
    if (usageLimit !== undefined && uses >= usageLimit) exhausted.set(discountId, 'usage_limit');
    else if (usageLimitPerBuyer !== undefined && usesOfBuyer >= usageLimitPerBuyer) {
      exhausted.set(discountId, 'usage_limit_per_buyer');
    }
  }
  return exhausted;
}
