/** Something that wants these SKUs; `line` is where it stands in its file. */
interface SkuClaim {
  readonly line: number;
  readonly skus: readonly string[];
}

/** A SKU that cannot be had: its place among those claimed, and where it was taken. */
export interface SkuConflict {
  readonly index: number;
  /** The line of the same file that has it; undefined when the shop has it already. */
  readonly line: number | undefined;
}

/**
 * Who comes first has a SKU; a claim with a conflict gets none of its SKUs, so that those after it
 * are not refused because of it.
 * @param taken SKUs that are taken already, with the line of the file that has them, if one has
 * @returns the conflicts of each claim, in order; none where it gets all it wants
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
