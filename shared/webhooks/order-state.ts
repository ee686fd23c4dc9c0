import type { OrderRecord } from '../store/collections/orders.ts';

/**
 * The fields of an order that can change, as they are at one event. They are few enough to be stored
 * with the event. The other fields never change and the history is append-only, so the order at the
 * event can be restored from any later record.
 */
export type OrderState = Omit<
  OrderRecord,
  | '_id'
  | 'checkoutId'
  | 'shopId'
  | 'storefrontId'
  | 'buyerId'
  | 'lines'
  | 'subtotal'
  | 'discount'
  | 'total'
  | 'currency'
  | 'discounts'
  | 'buyerKey'
  | 'shippingAddress'
  | 'placedAt'
  | 'history'
> & { readonly historyLength: number };

/** Returns the part of an order that can change. */
export function toOrderState(order: OrderRecord): OrderState {
  const { _id, checkoutId, shopId, storefrontId, buyerId, placedAt, history, ...rest } = order;
  const { lines, subtotal, discount, total, currency, ...changing } = rest;
  const { discounts, buyerKey, shippingAddress, ...state } = changing;
  return { ...state, historyLength: history.length };
}

/** Returns the order as it was in this state. */
export function orderInState(order: OrderRecord, state: OrderState): OrderRecord {
  const { _id, checkoutId, shopId, storefrontId, buyerId, placedAt, history } = order;
  const { lines, subtotal, discount, total, currency, discounts, buyerKey } = order;
  const { shippingAddress } = order;
  const { historyLength, ...changing } = state;
  return {
    ...{ _id, checkoutId, shopId, storefrontId, buyerId, placedAt, lines },
    ...{ subtotal, discount, total, currency },
    ...(discounts && { discounts }),
    ...(buyerKey !== undefined && { buyerKey }),
    ...(shippingAddress && { shippingAddress }),
    ...changing,
    history: history.slice(0, historyLength),
  };
}

/** Returns the order as it was placed. */
export function orderAsPlaced(order: OrderRecord): OrderRecord {
  const extension = order.history.find((entry) => entry.kind === 'reservation_extended');
  const { reservedUntil } = extension?.previous ?? order;
  return orderInState(order, { status: 'pending', seq: 1, reservedUntil, historyLength: 1 });
}
