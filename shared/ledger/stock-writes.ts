import type { StockChange, StockLevel } from '../domain/vocabulary.ts';
import type { StockRecord } from '../store/collections/stock.ts';
import type { Session, Store } from '../store/store.ts';
import { StaleReadError } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';

/** Reads the levels of `variantIds` at the transaction's snapshot; unknown ones are left out. */
export async function readStock(
  store: Store,
  session: Session,
  variantIds: readonly string[],
): Promise<StockLevel[]> {
  const records = await store.stock
    .find<StockRecord>({ _id: { $in: [...variantIds] } }, { session })
    .toArray();
  return records.map(levelOf);
}

/** A stock document as the domain names it. */
export function levelOf({ _id, ...counters }: StockRecord): StockLevel {
  return { variantId: _id, ...counters };
}

/**
 * The guarantee: each level is changed only if it is still the one that was decided on. The
 * transaction's last write, so that other writers of the same variant wait as briefly as can be.
 * @throws StaleReadError when any level is not; the transaction is then to be run again
 */
export async function writeStock(
  store: Store,
  session: Session,
  changes: readonly StockChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const result = await writable(store).stock.bulkWrite(
    changes.map(({ variantId, fromVersion, toVersion, delta }) => ({
      updateOne: {
        filter: { _id: variantId, version: fromVersion },
        update: { $inc: { ...delta, version: toVersion - fromVersion } },
      },
    })),
    { session, ordered: false },
  );
  if (result.matchedCount !== changes.length) throw new StaleReadError('a stock level');
}
