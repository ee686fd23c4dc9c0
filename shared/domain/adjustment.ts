import type { StockLevel } from './vocabulary.ts';

/** A seller's change of the units on hand: by `delta`, or to the absolute number `set`. */
export type AdjustmentAmount = { readonly delta: number } | { readonly set: number };

/** The level that the adjustment expects; absent members match any level. */
export interface ExpectedLevel {
  readonly onHand?: number;
  /** The level must have one of these versions. A level’s version counts its changes. */
  readonly versions?: readonly number[];
}

/** Why an adjustment is refused. */
export type AdjustmentRefusal =
  | 'precondition_failed'
  | 'stock_changed'
  | 'stock_below_reserved'
  | 'stock_out_of_range';

/** The decision on an adjustment. */
export type AdjustmentDecision =
  | { readonly kind: 'adjusted'; readonly onHandDelta: number }
  | { readonly kind: 'refused'; readonly code: AdjustmentRefusal };

/** Decides an adjustment. Units on hand stay between the reserved units and `onHandMax`. */
export function decideAdjustment(
  level: Pick<StockLevel, 'onHand' | 'reserved'> & { readonly version?: number },
  amount: AdjustmentAmount,
  onHandMax: number,
  expected: ExpectedLevel = {},
): AdjustmentDecision {
  const refused = (code: AdjustmentRefusal) => ({ kind: 'refused', code }) as const;
  const { versions } = expected;
  if (versions !== undefined && !versions.some((version) => version === level.version)) {
    return refused('precondition_failed');
  }
  if (expected.onHand !== undefined && expected.onHand !== level.onHand) {
    return refused('stock_changed');
  }
  const onHand = 'set' in amount ? amount.set : level.onHand + amount.delta;
  if (onHand < level.reserved) return refused('stock_below_reserved');
  if (onHand > onHandMax) return refused('stock_out_of_range');
  return { kind: 'adjusted', onHandDelta: onHand - level.onHand };
}
