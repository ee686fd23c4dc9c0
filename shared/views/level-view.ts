import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';

/** A stock level as its shop sees it, in answers of the API and in events. */
export function viewLevel(level: StockLevel) {
  const { variantId, onHand, reserved, sold, version, productId, lowStockThreshold = null } = level;
  const available = availableUnits(level);
  return { variantId, onHand, reserved, available, sold, version, productId, lowStockThreshold };
}
