import { sumLines } from './money.ts';
import type { PricedLine } from './vocabulary.ts';

/** The part of a checkout that one shop sells; amounts in minor units. */
export interface ShopPart<Line extends PricedLine = PricedLine> {
  readonly shopId: string;
  readonly lines: readonly Line[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
}

/** Splits lines by the shops that sell them, in the order in which the shops first appear. */
export function shopParts<Line extends PricedLine>(lines: readonly Line[]): ShopPart<Line>[] {
  const linesOfShop = new Map<string, Line[]>();
  for (const line of lines) {
    const own = linesOfShop.get(line.shopId);
    if (own === undefined) linesOfShop.set(line.shopId, [line]);
    else own.push(line);
  }
  return Array.from(linesOfShop, ([shopId, own]) => {
    const subtotal = sumLines(own);
    const discount = sumDiscounts(own);
    return { shopId, lines: own, subtotal, discount, total: subtotal - discount };
  });
}

function sumDiscounts(lines: readonly PricedLine[]): number {
  let discount = 0;
  for (const line of lines) discount += line.discount ?? 0;
  return discount;
}
