import type { UseChanges } from '../../domain/discounts/use-changes.ts';
import { judgeClaim, type Rejection } from '../../domain/settlement.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { StockLevel } from '../../domain/vocabulary.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';

/**
 * Judges whether an expired order can have its units and the uses of its discounts again, at what
 * the transaction has decided so far.
 * @returns what it lacks, if it cannot
 */
export function judgeReacquisition(
  order: OrderRecord,
  stock: StockChanges,
  uses: UseChanges,
): Rejection | undefined {
  const levels = new Map<string, StockLevel>();
  for (const { variantId } of order.lines) {
    const level = stock.get(variantId);
    if (level === undefined) throw new RangeError(`variant ${variantId} has no stock level`);
    levels.set(variantId, level);
  }
  const { _id: id, lines, total, shopId, buyerKey, discounts = [] } = order;
  const applied = discounts.map((each) => ({ ...each, shopId }));
  const claim = { id, lines, total, buyerKey, discounts: applied };
  return judgeClaim(claim, {
    stock: levels,
    discounts: uses.discounts,
    buyerUses: uses.buyerUses,
  });
}
