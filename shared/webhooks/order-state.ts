import { pick } from '../domain/pick.ts';
import type { Tracking } from '../domain/tracking-correction.ts';
import type { OrderRecord } from '../store/collections/orders.ts';

/**
 * The state of an order at one event, stored with the event. With it, `orderInState` restores the
 * order at the event from any later record. It leaves out fields that never change. Of the history
 * and of the reductions it has only the lengths, because both are append-only; of parcels only the
 * carrier and the tracking reference, because nothing else of them can change. Addresses, contacts,
 * notes and metadata are left out although they can change: events show them as they are when the
 * event is sent, so that erased data is not in events either.
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

/** Returns the current state of an order, to be stored with an event. */
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

/**
 * Returns the order as it was in an earlier state.
 * @param order the order at any time after the state
 */
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
