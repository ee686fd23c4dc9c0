/** A discount's status: before, in or after its window, unless its shop has cancelled it. */
export type DiscountStatus = 'scheduled' | 'active' | 'ended' | 'cancelled';

interface Discount {
  readonly isActive: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** Returns the status at a moment. Uses do not affect it, because they can be given back. */
export function discountStatus({ isActive, startsAt, endsAt }: Discount, at: Date): DiscountStatus {
  if (!isActive) return 'cancelled';
  if (at < startsAt) return 'scheduled';
  return at < endsAt ? 'active' : 'ended';
}

/** Returns the remaining uses of a discount; undefined if they are unlimited. */
export function remainingUses(discount: {
  readonly uses: number;
  readonly usageLimit?: number;
}): number | undefined {
  const { uses, usageLimit } = discount;
  return usageLimit === undefined ? undefined : Math.max(0, usageLimit - uses);
}
