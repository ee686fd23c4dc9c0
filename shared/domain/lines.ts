/** A line as a buyer asks for it; `quantity` is a positive whole number of units. */
export interface RequestedLine {
  readonly variantId: string;
  readonly quantity: number;
}

/** Sums the lines of one variant, so that repeats are checked together. Order: first mention. */
export function mergeLines(lines: readonly RequestedLine[]): RequestedLine[] {
  const quantities = new Map<string, number>();
  for (const { variantId, quantity } of lines) {
    quantities.set(variantId, (quantities.get(variantId) ?? 0) + quantity);
  }
  return Array.from(quantities, ([variantId, quantity]) => ({ variantId, quantity }));
}
