/** What a discount's document says of its uses. */
export interface StoredUses {
  readonly uses: number;
  readonly version: number;
  readonly usageLimit?: number;
  readonly usageLimitPerBuyer?: number;
  /** Counts the changes that its shop has made. */
  readonly revision: number;
}

/** Everything on record about the uses of one discount. */
export interface DiscountAccount {
  readonly discountId: string;
  /** Absent when orders name a discount that has no document. */
  readonly stored?: StoredUses;
  /** Orders that use it and are neither cancelled nor expired. */
  readonly held: number;
  /** Those of them that tell no buyer: the index by which uses are counted does not hold them. */
  readonly heldWithoutBuyer: number;
  /** Those of each buyer, where `judgedLimitPerBuyer` gives a limit to hold them to. */
  readonly heldBy: ReadonlyMap<string, number>;
  /** Versions that orders say their uses made. */
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
 * Every difference; none when the record is sound: as many uses as orders have, not more than may
 * be had, and each made by a version of its own that there has been.
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
 * The limit per buyer that every use must have kept. A shop may set it below what buyers have used
 * already, and the record does not show when, so only an unchanged limit is judged.
 */
export function judgedLimitPerBuyer({
  revision,
  usageLimitPerBuyer,
}: StoredUses): number | undefined {
  return revision === 0 ? usageLimitPerBuyer : undefined;
}

/** Whether arithmetic can repair it: orders say how many uses there are, and at which versions. */
export function isRepairable(difference: DiscountDifference): boolean {
  if (difference.kind === 'uses') return true;
  if (difference.kind !== 'use_version_outside') return false;
  const { version, storedVersion } = difference;
  return Number.isSafeInteger(version + 1) && version > storedVersion;
}
