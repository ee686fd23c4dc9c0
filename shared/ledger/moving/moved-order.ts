import type { EventType } from '../../contract/events.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { EventDraft } from '../outbox-entry.ts';
import type { OrderCommand } from './order-command.ts';

/** The order after a move, with what the command tells of it. */
export function withStatus(
  order: OrderRecord,
  status: OrderStatus,
  { actor, reason, details }: OrderCommand,
  at: Date,
): OrderRecord {
  const step = reason === undefined ? { at, status, actor } : { at, status, actor, reason };
  const history = [...order.history, step];
  return { ...order, ...details, status, seq: order.seq + 1, history };
}

const EVENT_TYPE: Readonly<Record<Exclude<OrderStatus, 'pending'>, EventType>> = {
  confirmed: 'order.confirmed',
  shipped: 'order.shipped',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
};

/** What the world is told of an order that has moved. */
export function eventOf(order: OrderRecord): EventDraft {
  if (order.status === 'pending') throw new RangeError(`order ${order._id} has not moved`);
  return {
    type: EVENT_TYPE[order.status],
    subjectId: order._id,
    seq: order.seq,
    shopIds: [order.shopId],
    data: { checkoutId: order.checkoutId },
  };
}
