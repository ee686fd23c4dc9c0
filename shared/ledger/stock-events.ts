import { stockAlerts } from '../domain/stock-alerts.ts';
import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';
import type { EventDraft } from './outbox-entry.ts';

/** What a shop is told when a level falls to one of its lines; `seq` is the level's version. */
export function alertsOf(before: StockLevel, after: StockLevel): EventDraft[] {
  return stockAlerts(before, after).map((type) => ({
    ...subjectOf(after),
    type,
    data: {
      productId: after.productId,
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
      productId: after.productId,
      orderId,
      units: available - availableUnits(before),
      available,
      wasDepleted: availableUnits(before) <= 0,
    },
  };
}

function subjectOf({ variantId, version, shopId }: StockLevel) {
  return { subjectId: variantId, seq: version, shopIds: [shopId] };
}
