import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { ApiContext } from '../../context.ts';

/**
 * Whether the password is the shop's; a wrong one counts as a guess at its account.
 * @throws RefusedError too_many_guesses
 */
export async function checkPassword(
  { guesses, passwords }: Pick<ApiContext, 'guesses' | 'passwords'>,
  shop: ShopRecord,
  password: string,
  address: string,
): Promise<boolean> {
  const guess = { account: shop.email, address };
  const right = await guesses.check(guess, async () => {
    return (await passwords.verify(shop.passwordHash, password)) ? true : undefined;
  });
  return right === true;
}
