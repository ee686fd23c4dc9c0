import { toBuyerKey } from '../../domain/discounts/terms.ts';
import type { UseChanges } from '../../domain/discounts/use-changes.ts';
import { PurchaseChanges } from '../../domain/purchase-changes.ts';
import { listLimits } from '../../domain/purchase-limits.ts';
import { heldLines } from '../../domain/reductions.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { judgeClaim } from '../../domain/settlement.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { StockLevel } from '../../domain/vocabulary.ts';
import { byIds } from '../../store/by-ids.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session, Store } from '../../store/store.ts';
import { readPurchases } from '../buyer-purchases.ts';

/**
 * Decides whether an expired order can reacquire its units and the uses of its discounts, within
 * the purchase limits of its buyer, after the changes of the transaction so far.
 * @returns the rejection if it cannot
 */
export function judgeReacquisition(
  order: OrderRecord,
  stock: StockChanges,
  uses: UseChanges,
  purchases: PurchaseChanges,
): Rejection | undefined {
  const levels = new Map<string, StockLevel>();
  for (const { variantId } of order.lines) {
    const level = stock.get(variantId);
    if (level === undefined) throw new RangeError(`variant ${variantId} has no stock level`);
    levels.set(variantId, level);
  }
  const { _id: id, total, shopId, buyerKey, discounts = [] } = order;
  const lines = listHeld(order);
  const applied = discounts.map((discount) => ({ ...discount, shopId }));
  const purchaser = toBuyerKey(order.storefrontId, order.buyerId);
  const claim = { id, lines, total, buyerKey, purchaser, discounts: applied };
  return judgeClaim(claim, {
    stock: levels,
    discounts: uses.discounts,
    buyerUses: uses.buyerUses,
    limits: purchases.limits,
    purchases: purchases.purchases,
  });
}

/** Lists the lines with the units that were not cancelled, without lines of which none is left. */
function listHeld(order: OrderRecord): OrderRecord['lines'] {
  const held = heldLines(order);
  return order.lines.flatMap((line, index) => {
    const quantity = held[index]?.quantity ?? 0;
    return quantity > 0 ? [{ ...line, quantity }] : [];
  });
}

/**
 * Reads the purchase limits of the products of these orders, and what their buyers have bought.
 * Reads nothing without orders.
 */
export async function readPurchaseChanges(
  store: Store,
  session: Session,
  orders: readonly OrderRecord[],
  at: Date,
): Promise<PurchaseChanges> {
  const productIds = [
    ...new Set(orders.flatMap(({ lines }) => lines.map((line) => line.productId))),
  ];
  if (productIds.length === 0) return new PurchaseChanges(new Map(), new Map(), at);
  const products = await store.products
    .find<ProductRecord>(byIds(productIds), { session, projection: LIMIT_FIELDS })
    .toArray();
  const limits = new Map(products.flatMap(listLimits).map((limit) => [limit.itemId, limit]));
  const purchases = await readPurchases(store, session, { buyers: orders, limits, at });
  return new PurchaseChanges(limits, purchases, at);
}

const LIMIT_FIELDS = { purchaseLimit: 1, 'variants.id': 1, 'variants.purchaseLimit': 1 };
