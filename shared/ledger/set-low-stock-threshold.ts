import type { StockLevel } from '../domain/vocabulary.ts';
import type { StockRecord } from '../store/collections/stock.ts';
import { writable } from '../store/writable.ts';
import type { LedgerContext } from './ledger.ts';
import { levelOf } from './stock-writes.ts';

/**
 * Sets at how few available units the shop is told that stock is low; null for never. It is no
 * change of stock, so it makes no version and no movement, and nobody is told of a level that is
 * low already.
 * @returns undefined when there is no such variant
 */
export async function setLowStockThreshold(
  { store }: Pick<LedgerContext, 'store'>,
  variantId: string,
  threshold: number | null,
): Promise<StockLevel | undefined> {
  const found = await writable(store).stock.findOneAndUpdate(
    { _id: variantId },
    threshold === null
      ? { $unset: { lowStockThreshold: '' } }
      : { $set: { lowStockThreshold: threshold } },
    { returnDocument: 'after', writeConcern: { w: 'majority', j: true } },
  );
  return found === null ? undefined : levelOf(found as unknown as StockRecord);
}
