import type { z } from 'zod';
import { toStockLevel } from '../../shared/ledger/stock-levels.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import { viewLevel } from '../../shared/views/level-view.ts';
import type { movement, stockLevel } from './schemas.ts';

/** Presents the record of a stock level to its shop. */
export function presentStock(record: StockRecord): z.output<typeof stockLevel> {
  return viewLevel(toStockLevel(record));
}

/** Presents a movement to its shop. */
export function presentMovement(record: MovementRecord): z.output<typeof movement> {
  const { variantId, version, kind, delta, reason, reference, actor } = record;
  return {
    id: record._id,
    variantId,
    version,
    kind,
    delta: { onHand: delta.onHand, reserved: delta.reserved, sold: delta.sold },
    reason,
    ...(reference !== undefined && { reference }),
    actor,
    at: record.at.toISOString(),
  };
}
