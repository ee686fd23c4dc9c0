import { type Charge, type ShopCharge, sumCharges } from './charges.ts';
import { sumLines } from './money.ts';
import type { PricedLine } from './vocabulary.ts';

/** A requested line; `quantity` is a positive whole number of units. */
export interface RequestedLine {
  readonly variantId: string;
  readonly quantity: number;
}

/** Merges lines of the same variant, in the order in which the variants first appear. */
export function mergeLines(lines: readonly RequestedLine[]): RequestedLine[] {
  const quantities = new Map<string, number>();
  for (const { variantId, quantity } of lines) {
    quantities.set(variantId, (quantities.get(variantId) ?? 0) + quantity);
  }
  return Array.from(quantities, ([variantId, quantity]) => ({ variantId, quantity }));
}

/** One shop's part of a checkout; amounts in minor units. */
export interface ShopPart<Line extends PricedLine = PricedLine> {
  readonly shopId: string;
  readonly lines: readonly Line[];
  readonly subtotal: number;
  readonly discount: number;
  /** Absent if there are none. */
  readonly charges?: readonly Charge[];
  /** The lines less their discounts, plus the charges. */
  readonly total: number;
}

const NO_CHARGES: readonly ShopCharge[] = [];

/** Splits lines and charges by shop, in the order in which the shops first appear. */
export function shopParts<Line extends PricedLine>(
  lines: readonly Line[],
  charges = NO_CHARGES,
): ShopPart<Line>[] {
  const linesByShop = Map.groupBy(lines, ({ shopId }) => shopId);
  return Array.from(linesByShop, ([shopId, own]) => {
    const subtotal = sumLines(own);
    const discount = own.reduce((sum, line) => sum + (line.discount ?? 0), 0);
    const part = { shopId, lines: own, subtotal, discount, total: subtotal - discount };
    return charges.length === 0 ? part : withCharges(part, charges);
  });
}

function withCharges<Line extends PricedLine>(
  part: ShopPart<Line>,
  shopCharges: readonly ShopCharge[],
): ShopPart<Line> {
  const charges = shopCharges
    .filter(({ shopId }) => shopId === part.shopId)
    .map(({ kind, title, amount }) => ({ kind, title, amount }));
  if (charges.length === 0) return part;
  return { ...part, charges, total: part.total + sumCharges(charges) };
}
