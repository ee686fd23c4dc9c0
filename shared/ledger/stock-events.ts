import { stockAlerts } from '../domain/stock-alerts.ts';
import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';
import type { EventDraft } from './outbox-entry.ts';

/** What a shop is told when a level falls to one of its lines; `seq` is the level's version. */
export function alertsOf(before: StockLevel, after: StockLevel): EventDraft[] {
  return stockAlerts(before, after).map((type) => ({
    ...subjectOf(after),
    type,
    data: {
      ...levelIn(after),
      available: availableUnits(after),
      onHand: after.onHand,
      ...(after.lowStockThreshold !== undefined && { lowStockThreshold: after.lowStockThreshold }),
    },
  }));
}

/** That units of an order can be bought again; `wasDepleted` tells that there were none left. */
export function returnedEvent(before: StockLevel, after: StockLevel, orderId: string): EventDraft {
  const available = availableUnits(after);
  return {
    ...subjectOf(after),
    type: 'stock.returned',
    data: {
      ...levelIn(after),
      orderId,
      units: available - availableUnits(before),
      available,
      wasDepleted: availableUnits(before) <= 0,
    },
  };
}

/** That the units on hand were changed, and by how much. */
export function adjustedEvent(level: StockLevel, onHandDelta: number, reason: string): EventDraft {
  return {
    ...subjectOf(level),
    type: 'stock.adjusted',
    data: { ...levelIn(level), onHandDelta, reason },
  };
}

/** The level as it then is; its variant and version are the event's subject and `seq`. */
function levelIn({ productId, onHand, reserved, sold, lowStockThreshold }: StockLevel) {
  const threshold = lowStockThreshold !== undefined && { lowStockThreshold };
  return { productId, level: { onHand, reserved, sold, ...threshold } };
}

function subjectOf({ variantId, version, shopId }: StockLevel) {
  return { subjectId: variantId, seq: version, shopIds: [shopId] };
}
