import { RefusedError } from '../../../shared/domain/errors.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { findShopByEmail } from '../accounts/account-store.ts';
import { isKnownAddress } from '../accounts/known-addresses.ts';
import { shopPrincipal } from '../principals.ts';
import { issueTokens, openSession, type Tokens, type Visitor } from './open-session.ts';

interface Login {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
}

/**
 * Starts another session of a shop. An unknown e-mail address is refused like a wrong password, and
 * after the same time.
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
  // Guesses are checked one after the other; the session is opened after that, outside the queue.
  const right = await context.guesses.check({ kind: 'login', account, address }, async () => {
    const isRight = await context.passwords.verify(shop?.passwordHash, password, 'login');
    if (isRight && shop !== undefined) return shop;
    const subject = shop === undefined ? {} : { shopId: shop._id, target: shop._id };
    await recordAudit(visitor, 'session.refused', { ...subject, outcome: 'refused' });
    return undefined;
  });
  const session = right && (await openSession(visitor, right));
  if (session === undefined) {
    throw new RefusedError('wrong_credentials', 'The e-mail address or the password is wrong.');
  }
  const principal = shopPrincipal(session.shopId, session.sessionId);
  await recordAudit({ ...visitor, principal }, 'session.started', { target: session.sessionId });
  return issueTokens(context, session);
}
