import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';

/** A checkout as operators see it; its key without the maker, who is told beside it. */
export function presentCheckout(record: CheckoutRecord) {
  const { _id, storefrontId, madeBy, buyerId, status, lines, currency, total, wakeups } = record;
  const { expectedTotal, rejection, failure, idempotencyKey } = record;
  const { discounts, refusedDiscount, cartId } = record;
  return {
    id: _id,
    status,
    storefrontId,
    madeBy,
    buyerId,
    ...(idempotencyKey && { idempotencyKey: idempotencyKey.slice(madeBy.length + 1) }),
    lines,
    currency,
    total,
    ...(expectedTotal !== undefined && { expectedTotal }),
    ...(discounts && { discounts }),
    ...(refusedDiscount && { refusedDiscount }),
    ...(cartId !== undefined && { cartId }),
    wakeups,
    ...(rejection && { rejection }),
    ...(failure !== undefined && { failure }),
  };
}

/** An order as operators see it. */
export function presentOrder(order: OrderRecord) {
  const { _id, shopId, status, lines, subtotal, discount, discounts } = order;
  const { total, currency, reservedUntil } = order;
  return {
    id: _id,
    shopId,
    status,
    lines,
    subtotal,
    discount,
    ...(discounts && { discounts }),
    total,
    currency,
    reservedUntil,
  };
}
