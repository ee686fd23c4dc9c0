import { availableUnits, type StockLevel } from './vocabulary.ts';

/** What a shop is told when the available units of a variant cross one of its lines. */
export type StockAlert = 'stock.low' | 'stock.depleted';

/**
 * Which alerts a change of a level is worth. Each is given once, when the units fall to its line
 * or below, and again only after they have been above it.
 */
export function stockAlerts(before: StockLevel, after: StockLevel): StockAlert[] {
  const threshold = after.lowStockThreshold;
  const alerts: StockAlert[] = [];
  if (threshold !== undefined && fallsTo(threshold, before, after)) alerts.push('stock.low');
  if (fallsTo(0, before, after)) alerts.push('stock.depleted');
  return alerts;
}

function fallsTo(line: number, before: StockLevel, after: StockLevel): boolean {
  return availableUnits(before) > line && availableUnits(after) <= line;
}
