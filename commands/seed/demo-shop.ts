import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PasswordHasher } from '../../api/access/passwords/password-hash.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';

const EMAIL = 'seller@demo-shop.example';
const NAME = 'Demo shop';
const PASSWORD_BYTES = 18;

const earlierShop = z.object({ shop: z.object({ password: z.string() }) });

/** Returns the demo shop, and creates it if it does not exist. */
export async function findOrCreateShop(store: Store): Promise<ShopRecord> {
  const find = () => store.shops.findOne<ShopRecord>({ email: EMAIL });
  const existing = await find();
  if (existing !== null) return existing;
  const shop = { _id: newId('shp'), name: NAME, email: EMAIL, createdAt: new Date() };
  try {
    await store.shops.insertOne(shop);
    return shop;
  } catch (error) {
    const duplicate = isDuplicateKey(error) ? await find() : null;
    if (duplicate === null) throw error;
    return duplicate;
  }
}

/**
 * Returns the shop's password from `previous` if it still works. Otherwise sets a new one, because
 * passwords are stored only as hashes.
 */
export async function demoPassword(
  store: Store,
  shop: ShopRecord,
  previous: unknown,
): Promise<string> {
  const passwords = new PasswordHasher();
  const earlier = earlierShop.safeParse(previous).data?.shop.password;
  if (earlier !== undefined && (await passwords.verify(shop.passwordHash, earlier, 'login')))
    return earlier;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const passwordHash = await passwords.hash(password, 'change');
  await store.shops.updateOne({ _id: shop._id }, { $set: { passwordHash } });
  return password;
}
