import { stockValidator } from './collections/stock.ts';
import type { Store } from './store.ts';

/** Creates every collection with the indexes its schema names, and the stock's validator. */
export async function createCollections(store: Store): Promise<void> {
  for (const model of Object.values(store.connection.models)) {
    await model.createCollection();
    await model.createIndexes();
  }
  await store.connection.db?.command({ collMod: 'stock', validator: stockValidator });
}
