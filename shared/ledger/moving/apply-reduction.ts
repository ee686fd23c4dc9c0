import type { ReductionDecision } from '../../domain/decide-reduction.ts';
import type { OrderEffect } from '../../domain/order-transitions.ts';
import type { Reduction } from '../../domain/reductions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import type { OrderRecord, ReductionRecord } from '../../store/collections/orders.ts';
import { moveUnits } from './move-units.ts';
import type { ChangedOrder, OrderCommand } from './order-command.ts';
import { STATUS_EVENT, toOrderEvent, withEntry } from './order-events.ts';

type Effect = Pick<OrderEffect, 'onHand' | 'reserved' | 'sold'>;

const RELEASED: Effect = { onHand: 0, reserved: -1, sold: 0 };
const RESTOCKED: Effect = { onHand: 1, reserved: 0, sold: -1 };

const ENTRY_KIND = {
  cancelled: 'lines_cancelled',
  returned: 'lines_returned',
  lost: 'lines_lost',
} as const;

const EVENT_TYPE = {
  cancelled: 'order.lines_cancelled',
  returned: 'order.returned',
  lost: 'order.lost',
} as const;

/**
 * Takes units off an order and applies this to `stock`. Returns the order's new state, its
 * movements, and the events of the order and of its variants. If all remaining units have been
 * sent, the order becomes shipped, with a separate event.
 */
export function applyReduction(
  stock: StockChanges,
  before: OrderRecord,
  { reduction, to }: Extract<ReductionDecision, { readonly kind: 'reduced' }>,
  command: OrderCommand,
  at: Date,
): ChangedOrder {
  const { actor, reason, request } = command;
  const cause = { at, actor, ...(reason !== undefined && { reason }) };
  const record: ReductionRecord = { ...reduction, ...cause, ...(request && { request }) };
  const reductions = [...(before.reductions ?? []), record];
  const isEnd = to !== before.status && to !== 'shipped';
  const reduced = isEnd
    ? withEntry(before, { ...cause, status: to }, { reductions, status: to })
    : withEntry(before, { ...cause, kind: ENTRY_KIND[reduction.kind] }, { reductions });
  const event = toOrderEvent(reduced, toEventType(reduction, to, isEnd), {
    lines: reduction.lines,
    ...(reduction.charges && { charges: reduction.charges }),
    refund: reduction.isPaid ? reduction.amount : 0,
    restocked: reduction.isRestocked,
  });
  const units = moveReduced(stock, before, reduction, command, at);
  if (isEnd || to === before.status) {
    return { ...units, order: reduced, events: [event, ...units.events] };
  }
  const shipped = toShipped(reduced, actor, at);
  return { ...units, order: shipped.order, events: [event, shipped.event, ...units.events] };
}

/**
 * Returns an order as shipped, because all of its remaining units are in parcels, and the event.
 */
export function toShipped(before: OrderRecord, actor: string, at: Date) {
  const order = withEntry(before, { at, status: 'shipped', actor }, { status: 'shipped' });
  return { order, event: toOrderEvent(order, STATUS_EVENT.shipped) };
}

function toEventType({ kind }: Reduction, to: OrderStatus, isEnd: boolean) {
  return isEnd && kind === 'cancelled' && to === 'cancelled' ? 'order.cancelled' : EVENT_TYPE[kind];
}

function moveReduced(
  stock: StockChanges,
  before: OrderRecord,
  { kind, lines, isPaid, isRestocked }: Reduction,
  { actor, actorKind, reason }: OrderCommand,
  at: Date,
) {
  if (!isRestocked) return { movements: [], events: [] };
  const cause = {
    kind: kind === 'cancelled' ? ('cancel' as const) : ('return' as const),
    // A buyer's text is stored only on the order, where it can be erased.
    reason: (actorKind === 'buyer' ? undefined : reason) ?? `order ${kind}`,
    ...{ reference: before._id, actor, at },
  };
  const effect = isPaid ? RESTOCKED : RELEASED;
  return moveUnits(stock, lines, { effect, cause, isUnlisted: before.isUnlisted });
}
