import type { Claim, Pool } from '../allocation.ts';
import type { AppliedDiscount } from './terms.ts';
import type { BuyerUses, DiscountUses } from './uses.ts';

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Returns the id of the pool of a discount's uses, or of one buyer's uses of the discount. */
function toPoolId(discountId: string, buyerKey?: string): string {
  return buyerKey === undefined ? `uses ${discountId}` : `uses ${discountId} by ${buyerKey}`;
}

/** The fields of a checkout that its uses of discounts depend on. */
interface DiscountUser {
  readonly discounts?: readonly AppliedDiscount[] | undefined;
  readonly buyerKey?: string | undefined;
}

/**
 * Claims one use of each discount from the discount's pool, in the order of the discounts. Then
 * claims the uses of discounts with a limit per buyer from the buyer's pools.
 */
export function toUseClaims(
  user: DiscountUser,
  discounts: ReadonlyMap<string, DiscountUses>,
): Claim[] {
  const applied = user.discounts ?? [];
  const limitedPerBuyer = applied.filter(
    ({ discountId }) => discounts.get(discountId)?.usageLimitPerBuyer !== undefined,
  );
  return [
    ...applied.map(({ discountId }) => ({ poolId: toPoolId(discountId), units: 1 })),
    ...limitedPerBuyer.map(({ discountId }) => ({
      poolId: toPoolId(discountId, user.buyerKey ?? ''),
      units: 1,
    })),
  ];
}

/** Creates every pool that these checkouts claim uses from. */
export function toUsePools(
  users: readonly DiscountUser[],
  discounts: ReadonlyMap<string, DiscountUses>,
  buyerUses: BuyerUses,
): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const { discountId, uses, version, usageLimit = UNLIMITED } of discounts.values()) {
    const id = toPoolId(discountId);
    pools.set(id, { id, free: Math.max(0, usageLimit - uses), version });
  }
  for (const { discounts: applied = [], buyerKey = '' } of users) {
    for (const { discountId } of applied) {
      const limit = discounts.get(discountId)?.usageLimitPerBuyer;
      if (limit === undefined) continue;
      const id = toPoolId(discountId, buyerKey);
      const used = buyerUses.get(discountId)?.get(buyerKey) ?? 0;
      pools.set(id, { id, free: Math.max(0, limit - used), version: used });
    }
  }
  return pools;
}

/** Finds the discount of a checkout that a pool belongs to, if it is a pool of uses. */
export function findDiscount(user: DiscountUser, poolId: string): AppliedDiscount | undefined {
  return user.discounts?.find(
    ({ discountId }) =>
      poolId === toPoolId(discountId) || poolId === toPoolId(discountId, user.buyerKey ?? ''),
  );
}

/** Returns whether a pool contains the uses of one buyer, and not those of all buyers. */
export function isBuyersPool(user: DiscountUser, poolId: string): boolean {
  return (user.discounts ?? []).some(
    ({ discountId }) => poolId === toPoolId(discountId, user.buyerKey ?? ''),
  );
}

/** Indexes the discounts by the pools of their uses. */
export function discountsByPool(
  discounts: ReadonlyMap<string, DiscountUses>,
): Map<string, DiscountUses> {
  return new Map(
    Array.from(discounts.values(), (discount) => [toPoolId(discount.discountId), discount]),
  );
}
