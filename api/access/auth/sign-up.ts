import { createShop } from '../../../shared/access/create-shop.ts';
import { RefusedError, refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { findShopByEmail } from '../accounts/account-store.ts';
import type { AccessContext } from '../context.ts';
import { refuseWeakPassword } from '../passwords/weak-password.ts';
import { shopPrincipal } from '../principals.ts';
import { issueTokens, openSession, type Tokens, type Visitor } from './open-session.ts';

interface Signup {
  readonly name: string;
  /** In lower case. */
  readonly email: string;
  readonly password: string;
}

/**
 * Opens a shop and starts its first session. An attempt with a taken e-mail address or a weak
 * password counts as a guess.
 * @throws RefusedError weak_password, email_taken, too_many_signups, too_many_guesses, or
 * wrong_credentials when the password was changed before the session started
 */
export async function signUp(
  visitor: Visitor,
  signup: Signup,
): Promise<{ readonly shop: ShopRecord; readonly tokens: Tokens }> {
  const { context, address } = visitor;
  const { name, email, password } = signup;
  let weakPasswordError: unknown;
  // Estimating the strength of a password blocks this thread for tens of ms. So the limits are
  // checked first, and an attempt with a weak password counts as a guess.
  const open = async () => {
    try {
      refuseWeakPassword(password, { path: 'password', accountWords: [email, name] });
    } catch (error) {
      weakPasswordError = error;
      return undefined;
    }
    return openShop(context, signup);
  };
  const guess = { kind: 'signup', address } as const;
  const shop = await context.signups.count(address, () => context.guesses.check(guess, open));
  if (weakPasswordError !== undefined) throw weakPasswordError;
  if (shop === undefined) {
    throw refuseField('email_taken', 'email', 'Another shop has this e-mail address.');
  }
  const session = await openSession(visitor, shop);
  if (session === undefined)
    throw new RefusedError('wrong_credentials', 'The password has been changed. Log in.');
  const principal = shopPrincipal(shop._id, session.sessionId);
  await recordAudit({ ...visitor, principal }, 'shop.signed_up', { target: shop._id });
  return { shop, tokens: await issueTokens(context, session) };
}

/** Stores a new shop; returns undefined when its e-mail address is taken. */
async function openShop(
  { store, clock, passwords }: AccessContext,
  { name, email, password }: Signup,
): Promise<ShopRecord | undefined> {
  if ((await findShopByEmail(store, email)) !== undefined) return undefined;
  const passwordHash = await passwords.hash(password, 'signup');
  const storing = createShop(store, { name, email, passwordHash, createdAt: clock.now() });
  return withDeadline('storing a shop', WRITE_TIMEOUT_MS, storing);
}
