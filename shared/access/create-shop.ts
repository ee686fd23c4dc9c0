import { newId } from '../runtime/ids.ts';
import type { ShopRecord } from '../store/collections/shops.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';

type NewShop = Pick<ShopRecord, 'name' | 'email' | 'passwordHash' | 'createdAt'>;

/**
 * Creates a shop, in the transaction of the session if there is one; its e-mail address must be in
 * lower case. Returns undefined when another shop has the same address, which also ends the
 * transaction.
 */
export async function createShop(
  store: Store,
  shop: NewShop,
  session?: Session,
): Promise<ShopRecord | undefined> {
  const record: ShopRecord = { _id: newId('shp'), ...shop };
  try {
    await store.shops.insertOne(record, { ...(session && { session }) });
    return record;
  } catch (error) {
    if (isDuplicateKey(error, 'one_shop_per_email')) return undefined;
    throw error;
  }
}
