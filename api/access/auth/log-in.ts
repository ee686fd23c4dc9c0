import { RefusedError } from '../../../shared/domain/errors.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { findShopByEmail } from '../accounts/account-store.ts';
import { isKnownAddress } from '../accounts/known-addresses.ts';
import { shopPrincipal } from '../principals.ts';
import { openSession, type Tokens, tokensOf, type Visitor } from './open-session.ts';

/** What a shop logs in with. */
interface Login {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
}

/**
 * Starts a session beside those there are. An address that no shop has is refused as a wrong
 * password is, and as late.
 * @throws RefusedError wrong_credentials or too_many_guesses
 */
export async function logIn(visitor: Visitor, { email, password }: Login): Promise<Tokens> {
  const { context, address } = visitor;
  let shop: ShopRecord | undefined;
  const isKnown = async () => {
    shop = await findShopByEmail(context.store, email);
    return isKnownAddress(shop, address, context.clock.now());
  };
  const account = { name: email, isKnownAddress: isKnown };
  // Only the password is checked in turn with other guesses; the session is opened after that.
  const right = await context.guesses.check({ kind: 'login', account, address }, async () => {
    const isRight = await context.passwords.verify(shop?.passwordHash, password, 'login');
    if (isRight && shop !== undefined) return shop;
    const concerned = shop === undefined ? {} : { shopId: shop._id, target: shop._id };
    await recordAudit(visitor, 'session.refused', { ...concerned, outcome: 'refused' });
    return undefined;
  });
  const session = right && (await openSession(visitor, right));
  if (session === undefined) {
    throw new RefusedError('wrong_credentials', 'E-mail and password do not belong together.');
  }
  const principal = shopPrincipal(session.shopId, session.sessionId);
  await recordAudit({ ...visitor, principal }, 'session.started', { target: session.sessionId });
  return tokensOf(context, session);
}
