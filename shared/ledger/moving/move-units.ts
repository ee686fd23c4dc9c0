import type { RequestedLine } from '../../domain/lines.ts';
import type { OrderEffect } from '../../domain/order-transitions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { EventDraft } from '../commit.ts';
import { toAlertEvents, toReturnedEvent } from '../stock-events.ts';
import { toMovement } from '../stock-levels.ts';

/** How units of an order move between the counters, and why. */
interface UnitsMove {
  readonly effect: Pick<OrderEffect, 'onHand' | 'reserved' | 'sold' | 'isNewClaim'>;
  /** Whether the seller of the order does not list its storefront. */
  readonly isUnlisted?: true | undefined;
  /** The `reference` is the order's id. */
  readonly cause: Pick<MovementRecord, 'kind' | 'reason' | 'actor' | 'at'> & {
    readonly reference: string;
  };
}

/**
 * Moves the units of these lines in `stock`. Returns the movements, and the events about available
 * units.
 */
export function moveUnits(
  stock: StockChanges,
  lines: readonly RequestedLine[],
  { effect, cause, isUnlisted }: UnitsMove,
): { readonly movements: readonly MovementRecord[]; readonly events: readonly EventDraft[] } {
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  for (const { variantId, quantity } of lines) {
    if (quantity === 0) continue;
    const delta = {
      onHand: effect.onHand * quantity,
      reserved: effect.reserved * quantity,
      sold: effect.sold * quantity,
    };
    const level = stock.get(variantId);
    const after = stock.change(variantId, delta, isUnlisted ? delta.reserved : 0);
    movements.push(toMovement(after, { ...cause, delta }));
    if (level !== undefined && availableUnits(after) > availableUnits(level)) {
      events.push(toReturnedEvent(level, after, { orderId: cause.reference }));
    }
    // Only a new claim takes available units; other orders raised their alerts when they were
    // placed.
    if (level !== undefined && effect.isNewClaim) events.push(...toAlertEvents(level, after));
  }
  return { movements, events };
}
