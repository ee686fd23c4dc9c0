import { stockAlerts } from '../domain/stock-alerts.ts';
import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';
import type { EventDraft } from './commit.ts';

/**
 * Returns the events of the alerts that a change of a level raises; their `seq` is the level's
 * version.
 */
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
 * Returns the event that units of an order or a draw are available again. Its `wasDepleted` says
 * whether no unit was available before.
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

/** Returns the event that the units on hand were adjusted; `level` is the level after it. */
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
 * Returns the data of an event about a level; the variant and the version are its subject and
 * `seq`.
 */
function toData({ productId, onHand, reserved, sold, lowStockThreshold }: StockLevel) {
  const threshold = lowStockThreshold !== undefined && { lowStockThreshold };
  return { productId, level: { onHand, reserved, sold, ...threshold } };
}

function toSubject({ variantId, version, shopId }: StockLevel) {
  return { subjectId: variantId, seq: version, shopIds: [shopId] };
}
