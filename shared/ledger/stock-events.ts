import { stockAlerts } from '../domain/stock-alerts.ts';
import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';
import type { EventDraft } from './commit.ts';

/** Returns the alerts that a change of a level raises; `seq` is the level's version. */
export function toAlertEvents(before: StockLevel, after: StockLevel): EventDraft[] {
  return stockAlerts(before, after).map((type) => ({
    ...toSubject(after),
    type,
    data: {
      ...toData(after),
      available: availableUnits(after),
      onHand: after.onHand,
      ...(after.lowStockThreshold !== undefined && { lowStockThreshold: after.lowStockThreshold }),
    },
  }));
}

/**
 * Returns the event of units of an order or a draw that are available again; `wasDepleted` means
 * that no units were available before.
 */
export function toReturnedEvent(
  before: StockLevel,
  after: StockLevel,
  source: { readonly orderId: string } | { readonly drawId: string },
): EventDraft {
  const available = availableUnits(after);
  return {
    ...toSubject(after),
    type: 'stock.returned',
    data: {
      ...toData(after),
      ...source,
      units: available - availableUnits(before),
      available,
      wasDepleted: availableUnits(before) <= 0,
    },
  };
}

/** Returns the event of a change of the units on hand. */
export function toAdjustedEvent(
  level: StockLevel,
  onHandDelta: number,
  reason: string,
): EventDraft {
  return {
    ...toSubject(level),
    type: 'stock.adjusted',
    data: { ...toData(level), onHandDelta, reason },
  };
}

/**
 * Returns the level after the change; its variant and version are the event's subject and `seq`.
 */
function toData({ productId, onHand, reserved, sold, lowStockThreshold }: StockLevel) {
  const threshold = lowStockThreshold !== undefined && { lowStockThreshold };
  return { productId, level: { onHand, reserved, sold, ...threshold } };
}

function toSubject({ variantId, version, shopId }: StockLevel) {
  return { subjectId: variantId, seq: version, shopIds: [shopId] };
}
