import { type EventType, storefrontField } from '../../contract/events.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import type { OrderHistoryEntry, OrderRecord } from '../../store/collections/orders.ts';
import { toOrderState } from '../../webhooks/order-state.ts';
import type { EventDraft } from '../commit.ts';

/** The type of the event with which an order gets each status. */
export const STATUS_EVENT: Readonly<Record<Exclude<OrderStatus, 'pending'>, EventType>> = {
  confirmed: 'order.confirmed',
  shipped: 'order.shipped',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
  returned: 'order.returned',
  lost: 'order.lost',
};

/**
 * Returns the order with the changes, one more history entry, and the next `seq`, which its event
 * gets.
 */
export function withEntry(
  order: OrderRecord,
  entry: OrderHistoryEntry,
  changes: Partial<OrderRecord> = {},
): OrderRecord {
  return { ...order, ...changes, seq: order.seq + 1, history: [...order.history, entry] };
}

/** Returns an event of an order, with the order's state. */
export function toOrderEvent(
  order: OrderRecord,
  type: EventType,
  data: Readonly<Record<string, unknown>> = {},
): EventDraft {
  const { checkoutId } = order;
  return {
    ...toOrderSubject(order),
    type,
    data: { checkoutId, ...data, state: toOrderState(order) },
  };
}

/** Returns the fields of an event that depend only on the order: subject, `seq` and audience. */
export function toOrderSubject({ _id: subjectId, seq, shopId, storefrontId }: OrderRecord) {
  return { subjectId, seq, shopIds: [shopId], ...storefrontField(storefrontId, [shopId]) };
}
