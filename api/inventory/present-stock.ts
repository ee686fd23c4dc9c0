import type { z } from 'zod';
import { pick } from '../../shared/domain/pick.ts';
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
  return {
    id: record._id,
    ...pick(record, 'variantId', 'version', 'kind', 'reason', 'reference', 'actor'),
    delta: pick(record.delta, 'onHand', 'reserved', 'sold'),
    at: record.at.toISOString(),
  };
}
