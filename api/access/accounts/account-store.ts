import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { Session, Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Principal } from '../../http/principal.ts';
import { shopVisibleTo } from '../visibility.ts';

/** Finds a shop by its e-mail address, which must be given in lower case. */
export async function findShopByEmail(
  store: Store,
  email: string,
): Promise<ShopRecord | undefined> {
  return (await store.shops.findOne({ email }, { maxTimeMS: READ_TIMEOUT_MS })) ?? undefined;
}

/**
 * Reads the shop that the principal acts for.
 * @throws Error when the shop does not exist, although the principal is authenticated
 */
export async function readOwnShop(store: Store, principal: Principal): Promise<ShopRecord> {
  const shop = await store.shops.findOne<ShopRecord>(shopVisibleTo(principal), {
    maxTimeMS: READ_TIMEOUT_MS,
  });
  if (shop === null) throw new Error(`the shop ${principal.shopId} does not exist`);
  return shop;
}

/** Returns whether the shop still has this password hash. */
export async function hasPasswordHash(
  store: Store,
  { _id, passwordHash }: ShopRecord,
  session?: Session,
): Promise<boolean> {
  const shopId = await store.shops.findOne(
    { _id, passwordHash: passwordHash ?? '' },
    { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS, ...(session && { session }) },
  );
  return shopId !== null;
}
