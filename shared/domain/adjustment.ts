import type { StockLevel } from './vocabulary.ts';

/** A seller's change of the units on hand: by `delta`, or to the absolute number `set`. */
export type AdjustmentAmount = { readonly delta: number } | { readonly set: number };

/** What an adjustment does to the units on hand. */
export type AdjustmentDecision =
  | { readonly kind: 'adjusted'; readonly onHandDelta: number }
  | { readonly kind: 'refused'; readonly code: 'stock_below_reserved' | 'stock_out_of_range' };

/** Units on hand never fall below what is reserved, and never rise above `onHandMax`. */
export function decideAdjustment(
  level: Pick<StockLevel, 'onHand' | 'reserved'>,
  amount: AdjustmentAmount,
  onHandMax: number,
): AdjustmentDecision {
  const onHand = 'set' in amount ? amount.set : level.onHand + amount.delta;
  if (onHand < level.reserved) return { kind: 'refused', code: 'stock_below_reserved' };
  if (onHand > onHandMax) return { kind: 'refused', code: 'stock_out_of_range' };
  return { kind: 'adjusted', onHandDelta: onHand - level.onHand };
}
