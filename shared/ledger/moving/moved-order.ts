import { type EventType, madeThrough } from '../../contract/events.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { stateOf } from '../../webhooks/order-state.ts';
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
  const { checkoutId } = order;
  const data = { checkoutId, state: stateOf(order) };
  return { ...subjectOf(order), type: EVENT_TYPE[order.status], data };
}

/** What every event of an order says of it, and who may see it. */
export function subjectOf({ _id: subjectId, seq, shopId, storefrontId }: OrderRecord) {
  return { subjectId, seq, shopIds: [shopId], ...madeThrough(storefrontId, [shopId]) };
}
