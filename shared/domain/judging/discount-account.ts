/** The uses in a discount's document. */
export interface StoredUses {
  readonly uses: number;
  readonly version: number;
  readonly usageLimit?: number;
  readonly usageLimitPerBuyer?: number;
  /** The number of changes by its shop. */
  readonly revision: number;
}

/** The whole record of one discount's uses. */
export interface DiscountAccount {
  readonly discountId: string;
  /** Absent if orders name a discount that has no document. */
  readonly stored?: StoredUses;
  /** The number of orders that use it: those in one of `USING_STATUSES`. */
  readonly held: number;
  /**
   * The number of these orders without a buyer. The index that counts uses does not contain them.
   */
  readonly heldWithoutBuyer: number;
  /** The number of these orders by buyer, if `judgedLimitPerBuyer` returns a limit. */
  readonly heldBy: ReadonlyMap<string, number>;
  /** The versions of the uses, as the orders record them. */
  readonly versions: readonly number[];
}

/** One way in which the record of a discount contradicts itself. */
export type DiscountDifference = { readonly discountId: string } & (
  | { readonly kind: 'discount_missing'; readonly expected: number }
  | { readonly kind: 'uses'; readonly stored: number; readonly expected: number }
  | { readonly kind: 'uses_over_limit'; readonly uses: number; readonly usageLimit: number }
  | {
      readonly kind: 'buyer_uses_over_limit';
      readonly buyerKey: string;
      readonly uses: number;
      readonly usageLimitPerBuyer: number;
    }
  | { readonly kind: 'use_version_clash'; readonly version: number }
  | {
      readonly kind: 'use_version_outside';
      readonly version: number;
      readonly storedVersion: number;
    }
);

/**
 * Finds every difference. In a consistent record, the number of uses equals the number of orders
 * and is within the limits. Each use has a version of its own, which is at most the stored version.
 */
export function findDiscountDifferences(account: DiscountAccount): DiscountDifference[] {
  const { discountId, stored, held, heldBy, versions } = account;
  if (stored === undefined) return [{ discountId, kind: 'discount_missing', expected: held }];
  const differences: DiscountDifference[] = [];
  const { uses, version: storedVersion, usageLimit } = stored;
  if (uses !== held) differences.push({ discountId, kind: 'uses', stored: uses, expected: held });
  if (usageLimit !== undefined && held > usageLimit) {
    differences.push({ discountId, kind: 'uses_over_limit', uses: held, usageLimit });
  }
  const usageLimitPerBuyer = judgedLimitPerBuyer(stored) ?? Number.POSITIVE_INFINITY;
  for (const [buyerKey, own] of heldBy) {
    if (own <= usageLimitPerBuyer) continue;
    const numbers = { uses: own, usageLimitPerBuyer };
    differences.push({ discountId, kind: 'buyer_uses_over_limit', buyerKey, ...numbers });
  }
  const seen = new Set<number>();
  for (const version of versions) {
    const isPossible = Number.isSafeInteger(version) && version >= 1 && version <= storedVersion;
    if (!isPossible) {
      differences.push({ discountId, kind: 'use_version_outside', version, storedVersion });
    } else if (seen.has(version)) {
      differences.push({ discountId, kind: 'use_version_clash', version });
    }
    seen.add(version);
  }
  return differences;
}

/**
 * Returns the limit per buyer that every use must have respected. Only an unchanged limit is
 * judged, because a shop may lower a limit below the uses of buyers, and the record does not show
 * when.
 */
export function judgedLimitPerBuyer({
  revision,
  usageLimitPerBuyer,
}: StoredUses): number | undefined {
  return revision === 0 ? usageLimitPerBuyer : undefined;
}

/**
 * Returns whether the difference can be repaired by arithmetic: the orders determine the number of
 * uses and their versions.
 */
export function isRepairable(difference: DiscountDifference): boolean {
  if (difference.kind === 'uses') return true;
  if (difference.kind !== 'use_version_outside') return false;
  const { version, storedVersion } = difference;
  return Number.isSafeInteger(version + 1) && version > storedVersion;
}
