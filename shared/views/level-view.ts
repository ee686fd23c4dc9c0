import { availableUnits, type StockLevel } from '../domain/vocabulary.ts';

/** Presents a stock level to its shop, in responses and events. */
export function viewLevel(level: StockLevel) {
  const { variantId, onHand, reserved, sold, version, productId, lowStockThreshold = null } = level;
  const available = availableUnits(level);
  return { variantId, onHand, reserved, available, sold, version, productId, lowStockThreshold };
}
