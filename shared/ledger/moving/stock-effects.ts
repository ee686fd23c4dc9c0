import type { OrderEffect, OrderMove } from '../../domain/order-transitions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { newId } from '../../runtime/ids.ts';
import type { MovementKind, MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { EventDraft } from '../outbox-entry.ts';
import { returnedEvent } from '../stock-events.ts';
import type { OrderCommand } from './order-command.ts';

/** Moves that change stock; shipping and delivering do not. */
const MOVEMENT_KIND: Partial<Readonly<Record<OrderMove, MovementKind>>> = {
  confirm: 'confirm',
  cancel: 'cancel',
  expire: 'expire',
};

/** Applies a move's effect to the levels of the order's lines, and records each. */
export function moveStock(
  book: StockChanges,
  order: OrderRecord,
  effect: OrderEffect,
  command: OrderCommand,
  at: Date,
): { readonly movements: MovementRecord[]; readonly events: EventDraft[] } {
  const kind = MOVEMENT_KIND[command.move];
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  if (kind === undefined) return { movements, events };
  for (const line of order.lines) {
    const delta = {
      onHand: effect.onHand * line.quantity,
      reserved: effect.reserved * line.quantity,
      sold: effect.sold * line.quantity,
    };
    const before = book.levelOf(line.variantId);
    const after = book.change(line.variantId, delta);
    movements.push({
      _id: newId('mov'),
      variantId: line.variantId,
      shopId: order.shopId,
      version: after.version,
      kind,
      delta,
      reason: command.reason ?? `order ${order.status}`,
      reference: order._id,
      actor: command.actor,
      at,
    });
    if (before !== undefined && availableUnits(after) > availableUnits(before)) {
      events.push(returnedEvent(before, after, order._id));
    }
  }
  return { movements, events };
}
