import { availableUnits, type StockLevel } from './vocabulary.ts';

/** Alerts for a shop when the available units of a variant fall to one of its thresholds. */
export type StockAlert = 'stock.low' | 'stock.depleted';

/**
 * Returns the alerts that a change of a level raises. Each is raised once, when the units fall to
 * its threshold or below, and again only after they have been above it.
 */
export function stockAlerts(before: StockLevel, after: StockLevel): StockAlert[] {
  const threshold = after.lowStockThreshold;
  const alerts: StockAlert[] = [];
  if (threshold !== undefined && fallsTo(threshold, before, after)) alerts.push('stock.low');
  if (fallsTo(0, before, after)) alerts.push('stock.depleted');
  return alerts;
}

function fallsTo(threshold: number, before: StockLevel, after: StockLevel): boolean {
  return availableUnits(before) > threshold && availableUnits(after) <= threshold;
}
