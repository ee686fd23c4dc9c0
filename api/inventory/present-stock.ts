import type { z } from 'zod';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { toStockLevel } from '../../shared/ledger/stock-levels.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import { viewLevel } from '../../shared/views/level-view.ts';
import type { movement, stockLevel } from './schemas.ts';

/** A stock level as its shop sees it. */
export function presentLevel(level: StockLevel): z.output<typeof stockLevel> {
  return viewLevel(level);
}

/** The record of a stock level as its shop sees it. */
export function presentStock(record: StockRecord): z.output<typeof stockLevel> {
  return presentLevel(toStockLevel(record));
}

/** A movement as its shop sees it. */
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
