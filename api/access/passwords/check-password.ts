import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { isKnownAddress } from '../accounts/known-addresses.ts';
import type { AccessContext } from '../context.ts';

/**
 * Returns whether this is the shop's password. It is called before changes that a session alone
 * must not make. Wrong guesses are counted separately from wrong guesses at login.
 * @throws RefusedError too_many_guesses
 */
export async function checkPassword(
  { guesses, passwords, clock }: Pick<AccessContext, 'guesses' | 'passwords' | 'clock'>,
  shop: ShopRecord,
  password: string,
  address: string,
): Promise<boolean> {
  const isKnown = async () => isKnownAddress(shop, address, clock.now());
  const account = { name: shop._id, isKnownAddress: isKnown };
  const isRight = await guesses.check({ kind: 'password', account, address }, async () => {
    return (await passwords.verify(shop.passwordHash, password, 'change')) ? true : undefined;
  });
  return isRight === true;
}
