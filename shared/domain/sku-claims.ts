/** A product that claims these SKUs; `line` is its line in the file. */
interface SkuClaim {
  readonly line: number;
  readonly skus: readonly string[];
}

/** A claimed SKU that is taken: its index in the claim, and the line that has it. */
export interface SkuConflict {
  readonly index: number;
  /**
   * The line of the same file that has the SKU; undefined if a product of the shop has it already.
   */
  readonly line: number | undefined;
}

/**
 * Finds the conflicts between claims. A SKU goes to its first claim. A claim with a conflict gets
 * none of its SKUs, so that later claims are not refused because of it.
 * @param taken SKUs that are taken already, with their line in the file, if any
 * @returns the conflicts of each claim, in order; an empty list for a claim that gets all of its
 *   SKUs
 */
export function skuConflicts(
  claims: readonly SkuClaim[],
  taken: ReadonlyMap<string, number | undefined>,
): SkuConflict[][] {
  const holders = new Map(taken);
  return claims.map(({ line, skus }) => {
    const conflicts = skus.flatMap((sku, index) =>
      holders.has(sku) ? [{ index, line: holders.get(sku) }] : [],
    );
    if (conflicts.length === 0) for (const sku of skus) holders.set(sku, line);
    return conflicts;
  });
}
