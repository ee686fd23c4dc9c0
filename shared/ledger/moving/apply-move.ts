import type { OrderMove, TransitionDecision } from '../../domain/order-transitions.ts';
import { heldLines } from '../../domain/reductions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { MovementKind } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { moveUnits } from './move-units.ts';
import type { ChangedOrder, OrderCommand } from './order-command.ts';
import { STATUS_EVENT, toOrderEvent, withEntry } from './order-events.ts';

/** The kind of movement that each move causes. Shipping and delivering do not change stock. */
const MOVEMENT_KIND: Partial<Readonly<Record<OrderMove, MovementKind>>> = {
  confirm: 'confirm',
  expire: 'expire',
};

/**
 * Applies a decided move to `stock`. Returns the order's new state, its movements, and the events
 * of the order and of its variants.
 */
export function applyMove(
  stock: StockChanges,
  before: OrderRecord,
  { to, effect }: Extract<TransitionDecision, { readonly kind: 'moved' }>,
  command: OrderCommand,
  at: Date,
): ChangedOrder {
  const { actor, reason, details, move } = command;
  if (to === 'pending') throw new RangeError(`order ${before._id} cannot become pending`);
  const step = { at, status: to, actor, ...(reason !== undefined && { reason }) };
  const order = withEntry(before, step, { ...details, status: to });
  const event = toOrderEvent(order, STATUS_EVENT[to]);
  const kind = effect.isNewClaim ? 'reacquire' : MOVEMENT_KIND[move];
  if (kind === undefined) return { order, movements: [], events: [event] };
  const cause = { kind, reason: reason ?? `order ${to}`, reference: order._id, actor, at };
  const { movements, events } = moveUnits(stock, heldLines(before), {
    ...{ effect, cause, isUnlisted: before.isUnlisted },
  });
  return { order, movements, events: [event, ...events] };
}
