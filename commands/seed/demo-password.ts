import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PasswordHasher } from '../../api/access/passwords/password-hash.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import type { Store } from '../../shared/store/store.ts';

const PASSWORD_BYTES = 18;

const earlierShop = z.object({ shop: z.object({ password: z.string() }) });

/** The one of `previous` while it works, else a new one: a password is stored hashed only. */
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
