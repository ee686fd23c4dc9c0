import { newId } from '../../shared/runtime/ids.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';

const EMAIL = 'seller@demo-shop.example';
const NAME = 'Demo shop';

/** The demo shop, which is made the first time. */
export async function findOrCreateShop(store: Store): Promise<ShopRecord> {
  const found = await find(store);
  if (found !== null) return found;
  const shop = { _id: newId('shp'), name: NAME, email: EMAIL, createdAt: new Date() };
  try {
    await store.shops.insertOne(shop);
    return shop;
  } catch (error) {
    const theirs = isDuplicateKey(error) ? await find(store) : null;
    if (theirs === null) throw error;
    return theirs;
  }
}

function find(store: Store): Promise<ShopRecord | null> {
  return store.shops.findOne<ShopRecord>({ email: EMAIL });
}
