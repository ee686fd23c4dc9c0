import type { StockRecord } from '../store/collections/stock.ts';
import type { Session, Store } from '../store/store.ts';
import { writable } from '../store/writable.ts';

/** Gives new variants a stock level of nothing, in the transaction that creates them. */
export async function openStock(
  store: Store,
  session: Session,
  variants: readonly Pick<StockRecord, '_id' | 'productId' | 'shopId'>[],
): Promise<void> {
  const levels = variants.map((variant) => ({
    ...variant,
    onHand: 0,
    reserved: 0,
    sold: 0,
    version: 0,
  }));
  await writable(store).stock.insertMany(levels, { session, ordered: true });
}
