import { type EventType, storefrontField } from '../../contract/events.ts';
import type { OrderDetails } from '../../domain/order-details.ts';
import type {
  OrderActorKind,
  OrderMove,
  TransitionDecision,
} from '../../domain/order-transitions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import { availableUnits, type OrderStatus } from '../../domain/vocabulary.ts';
import type { AuditSource } from '../../store/collections/audit.ts';
import type { MovementKind, MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { toOrderState } from '../../webhooks/order-state.ts';
import type { EventDraft } from '../commit.ts';
import { toAlertEvents, toReturnedEvent } from '../stock-events.ts';
import { toMovement } from '../stock-levels.ts';

/** A requested move of an order. */
export interface OrderCommand {
  readonly orderId: string;
  readonly move: OrderMove;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
  /** Of a confirmation: whether an order whose reservation has ended takes its units again. */
  readonly isReacquiring?: boolean;
  /** Stored on the order when it moves; a repeated move must carry the same. */
  readonly details?: OrderDetails;
  /** A seller unless set: the order's buyer may do less. */
  readonly actorKind?: OrderActorKind;
  /** The products and discounts of the order, if they were read before; else they are read. */
  readonly lockNames?: readonly string[];
  /** Why the caller may not make the move. Only the payment that it reports is then recorded. */
  readonly forbidden?: string;
  /** Who asked, for the audit entries that the ledger writes itself. */
  readonly source?: AuditSource;
}

/** An order that has moved, with what goes with it. */
interface MovedOrder {
  readonly order: OrderRecord;
  readonly movements: readonly MovementRecord[];
  readonly events: readonly EventDraft[];
}

/** Moves that change stock; shipping and delivering do not. */
const MOVEMENT_KIND: Partial<Readonly<Record<OrderMove, MovementKind>>> = {
  confirm: 'confirm',
  cancel: 'cancel',
  expire: 'expire',
};

const EVENT_TYPE: Readonly<Record<Exclude<OrderStatus, 'pending'>, EventType>> = {
  confirmed: 'order.confirmed',
  shipped: 'order.shipped',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
};

/** Carries out a decided move: the order's new state, its effect on `stock`, and the events. */
export function applyMove(
  stock: StockChanges,
  before: OrderRecord,
  { to, effect }: Extract<TransitionDecision, { readonly kind: 'moved' }>,
  command: OrderCommand,
  at: Date,
): MovedOrder {
  const { actor, reason, details, move } = command;
  if (to === 'pending') throw new RangeError(`order ${before._id} cannot become pending`);
  const step = { at, status: to, actor, ...(reason !== undefined && { reason }) };
  const history = [...before.history, step];
  const order = { ...before, ...details, status: to, seq: before.seq + 1, history };
  const data = { checkoutId: order.checkoutId, state: toOrderState(order) };
  const events: EventDraft[] = [{ ...toOrderSubject(order), type: EVENT_TYPE[to], data }];
  const movements: MovementRecord[] = [];
  const kind = effect.isNewClaim ? 'reacquire' : MOVEMENT_KIND[move];
  if (kind === undefined) return { order, movements, events };
  for (const { variantId, quantity } of order.lines) {
    const delta = {
      onHand: effect.onHand * quantity,
      reserved: effect.reserved * quantity,
      sold: effect.sold * quantity,
    };
    const level = stock.get(variantId);
    const after = stock.change(variantId, delta);
    const cause = { reason: reason ?? `order ${to}`, reference: order._id, actor, at };
    movements.push(toMovement(after, { kind, delta, ...cause }));
    if (level !== undefined && availableUnits(after) > availableUnits(level)) {
      events.push(toReturnedEvent(level, after, order._id));
    }
    // The alerts of a reservation were raised when it was placed.
    if (level !== undefined && effect.isNewClaim) events.push(...toAlertEvents(level, after));
  }
  return { order, movements, events };
}

/** Returns what all events of an order share: its id, their number and who may see them. */
export function toOrderSubject({ _id: subjectId, seq, shopId, storefrontId }: OrderRecord) {
  return { subjectId, seq, shopIds: [shopId], ...storefrontField(storefrontId, [shopId]) };
}
