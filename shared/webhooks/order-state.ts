import { pick } from '../domain/pick.ts';
import type { Tracking } from '../domain/tracking-correction.ts';
import type { OrderRecord } from '../store/collections/orders.ts';

/**
 * The fields of an order that can change, as they are at one event. They are few enough to be
 * stored with the event. The other fields never change. History and reductions are append-only; of
 * parcels only the carrier and the reference can change. The order at the event can thus be
 * restored from any later record. Addresses, contacts, notes and metadata can change too; events
 * show them as they are when the event is sent, so that erased data is not in events either.
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
  | 'contact'
  | 'note'
  | 'charges'
  | 'metadata'
  | 'placedAt'
  | 'history'
  | 'reductions'
  | 'parcels'
> & {
  readonly historyLength: number;
  readonly reductionsLength?: number;
  /** The carrier and the tracking reference of each parcel. */
  readonly parcels?: readonly Tracking[];
};

/** Returns the part of an order that can change. */
export function toOrderState(order: OrderRecord): OrderState {
  const { _id, checkoutId, shopId, storefrontId, buyerId, placedAt, history, ...rest } = order;
  const { lines, subtotal, discount, total, currency, ...changing } = rest;
  const { shippingAddress, contact, note, charges, metadata, ...others } = changing;
  const { discounts, buyerKey, reductions, parcels, ...state } = others;
  return {
    ...state,
    historyLength: history.length,
    ...(reductions && { reductionsLength: reductions.length }),
    ...(parcels && {
      parcels: parcels.map((parcel) => pick(parcel, 'trackingReference', 'carrier')),
    }),
  };
}

/** Returns the order as it was in this state. */
export function orderInState(order: OrderRecord, state: OrderState): OrderRecord {
  const { _id, checkoutId, shopId, storefrontId, buyerId, placedAt, history } = order;
  const { lines, subtotal, discount, total, currency, discounts, buyerKey } = order;
  const { historyLength, reductionsLength = 0, parcels: sent = [], ...changing } = state;
  const reductions = order.reductions?.slice(0, reductionsLength) ?? [];
  const parcels = (order.parcels ?? []).flatMap(({ id, lines: units, at }, index) => {
    const tracking = sent[index];
    if (tracking?.trackingReference === undefined) return [];
    const { trackingReference } = tracking;
    return [{ id, lines: units, at, ...tracking, trackingReference }];
  });
  return {
    ...{ _id, checkoutId, shopId, storefrontId, buyerId, placedAt, lines },
    ...{ subtotal, discount, total, currency },
    ...(discounts && { discounts }),
    ...(buyerKey !== undefined && { buyerKey }),
    ...pick(order, 'shippingAddress', 'contact', 'note', 'charges', 'metadata'),
    ...changing,
    ...(reductions.length > 0 && { reductions }),
    ...(parcels.length > 0 && { parcels }),
    history: history.slice(0, historyLength),
  };
}

/** Returns the order as it was placed. */
export function orderAsPlaced(order: OrderRecord): OrderRecord {
  const extension = order.history.find((entry) => entry.kind === 'reservation_extended');
  const { reservedUntil } = extension?.previous ?? order;
  return orderInState(order, { status: 'pending', seq: 1, reservedUntil, historyLength: 1 });
}
