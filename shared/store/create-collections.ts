import { isDeepStrictEqual } from 'node:util';
import { stockValidator } from './collections/stock.ts';
import type { Store } from './store.ts';

/** Creates every collection with the indexes its schema names, and the stock's validator. */
export async function createCollections(store: Store): Promise<void> {
  for (const model of Object.values(store.connection.models)) {
    const isStock = model.collection.name === store.stock.collectionName;
    await model.createCollection(isStock ? { validator: stockValidator } : {});
    await model.createIndexes();
  }
  await setStockValidator(store);
}

/** Changing a validator takes a role that a user needs for nothing else, so not for nothing. */
async function setStockValidator({ connection: { db } }: Store): Promise<void> {
  const [present] = (await db?.listCollections({ name: 'stock' }).toArray()) ?? [];
  const options = present !== undefined && 'options' in present ? present.options : undefined;
  if (isDeepStrictEqual(options?.['validator'], stockValidator)) return;
  await db?.command({ collMod: 'stock', validator: stockValidator });
}
