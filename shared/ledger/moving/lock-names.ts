import { inOneBatch } from '../../store/by-ids.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Store } from '../../store/store.ts';

/**
 * The fields of an order that name the products and discounts which a move may change. They never
 * change.
 */
type Named = {
  readonly lines: readonly Pick<OrderRecord['lines'][number], 'productId'>[];
  readonly discounts?: readonly Pick<NonNullable<OrderRecord['discounts']>[number], 'discountId'>[];
};

/** Lists the products and discounts of an order, which its moves lock. */
export function listLockNames(order: Named): string[] {
  return [...order.lines.map((line) => line.productId), ...listDiscountIds(order)];
}

/** Lists the discounts that the order uses. */
export function listDiscountIds({ discounts = [] }: Pick<Named, 'discounts'>): string[] {
  return discounts.map(({ discountId }) => discountId);
}

/** Reads the products and discounts that moves of these orders lock. */
export async function readLockNames(store: Store, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const orders = await store.orders
    .find<Named>(
      { _id: { $in: [...orderIds] } },
      { ...inOneBatch(orderIds), projection: { 'lines.productId': 1, 'discounts.discountId': 1 } },
    )
    .toArray();
  return orders.flatMap(listLockNames);
}
