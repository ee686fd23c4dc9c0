/** Where a discount stands: before, in or after its window, unless its shop has taken it back. */
export type DiscountStatus = 'scheduled' | 'active' | 'ended' | 'cancelled';

interface Discount {
  readonly isActive: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * Its status at a moment. It says nothing of how often it has been used: uses come back, and
 * whoever looks at it sees both.
 */
export function discountStatus({ isActive, startsAt, endsAt }: Discount, at: Date): DiscountStatus {
  if (!isActive) return 'cancelled';
  if (at < startsAt) return 'scheduled';
  return at < endsAt ? 'active' : 'ended';
}

/** Uses that are left of a discount; absent when nothing limits them. */
export function remainingUses(discount: {
  readonly uses: number;
  readonly usageLimit?: number;
}): number | undefined {
  const { uses, usageLimit } = discount;
  return usageLimit === undefined ? undefined : Math.max(0, usageLimit - uses);
}
