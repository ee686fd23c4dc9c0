import { newId } from '../runtime/ids.ts';
import type { ShopRecord } from '../store/collections/shops.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Store } from '../store/store.ts';

type NewShop = Pick<ShopRecord, 'name' | 'email' | 'passwordHash' | 'createdAt'>;

/**
 * Creates a shop; its e-mail address must be in lower case. Returns undefined when another shop has
 * the same address.
 */
export async function createShop(store: Store, shop: NewShop): Promise<ShopRecord | undefined> {
  const record: ShopRecord = { _id: newId('shp'), ...shop };
  try {
    await store.shops.insertOne(record);
    return record;
  } catch (error) {
    if (isDuplicateKey(error, 'one_shop_per_email')) return undefined;
    throw error;
  }
}
