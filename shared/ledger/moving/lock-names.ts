import { inOneBatch } from '../../store/by-ids.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Store } from '../../store/store.ts';

/**
 * The fields of an order with the products and discounts that its moves lock. These fields never
 * change.
 */
type LockFields = {
  readonly lines: readonly Pick<OrderRecord['lines'][number], 'productId'>[];
  readonly discounts?: readonly Pick<NonNullable<OrderRecord['discounts']>[number], 'discountId'>[];
};

/** Lists the products and discounts of an order, which its moves lock. */
export function listLockNames(order: LockFields): string[] {
  return [...order.lines.map((line) => line.productId), ...listDiscountIds(order)];
}

/** Lists the discounts that the order uses. */
export function listDiscountIds({ discounts = [] }: Pick<LockFields, 'discounts'>): string[] {
  return discounts.map(({ discountId }) => discountId);
}

/** Reads the products and discounts that moves of these orders lock. */
export async function readLockNames(store: Store, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const orders = await store.orders
    .find<LockFields>(
      { _id: { $in: [...orderIds] } },
      { ...inOneBatch(orderIds), projection: { 'lines.productId': 1, 'discounts.discountId': 1 } },
    )
    .toArray();
  return orders.flatMap(listLockNames);
}
