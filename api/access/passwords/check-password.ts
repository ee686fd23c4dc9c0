import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { ApiContext } from '../../context.ts';
import { isKnownAddress } from '../accounts/known-addresses.ts';

/**
 * Whether the password is the shop's, where somebody acts for the shop already. A wrong one counts
 * as a guess at its account, apart from those at its login.
 * @throws RefusedError too_many_guesses
 */
export async function checkPassword(
  { guesses, passwords, clock }: Pick<ApiContext, 'guesses' | 'passwords' | 'clock'>,
  shop: ShopRecord,
  password: string,
  address: string,
): Promise<boolean> {
  const isKnown = async () => isKnownAddress(shop, address, clock.now());
  const account = { name: shop._id, isKnownAddress: isKnown };
  const right = await guesses.check({ kind: 'password', account, address }, async () => {
    return (await passwords.verify(shop.passwordHash, password, 'change')) ? true : undefined;
  });
  return right === true;
}
