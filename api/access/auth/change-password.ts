import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { readOwnShop } from '../accounts/account-store.ts';
import type { AccessContext } from '../context.ts';
import { checkPassword } from '../passwords/check-password.ts';
import { refuseWeakPassword } from '../passwords/weak-password.ts';
import { endOwnSessions } from './end-sessions.ts';
import { issueTokens, openSession, type Tokens, type Visitor } from './open-session.ts';

interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/**
 * Changes the password of the caller's shop, ends all its sessions, and returns the tokens of a new
 * session.
 * @throws RefusedError weak_password, wrong_credentials (also if the password was changed
 * meanwhile) or too_many_guesses
 */
export async function changePassword(
  visitor: Visitor,
  { currentPassword, newPassword }: PasswordChange,
): Promise<Tokens> {
  const { context, principal, address } = visitor;
  const shop = await readOwnShop(context.store, principal);
  const accountWords = [shop.email, shop.name];
  const isRightPassword = await checkPassword(context, shop, currentPassword, address);
  // Checks of the current password are limited, so they come first: estimating the strength of the new
  // password blocks this thread for tens of ms.
  if (isRightPassword) refuseWeakPassword(newPassword, { path: 'newPassword', accountWords });
  const changed = isRightPassword ? await replacePassword(context, shop, newPassword) : undefined;
  const target = shop._id;
  if (changed === undefined) {
    await recordAudit(visitor, 'shop.password_changed', { target, outcome: 'refused' });
    throw new RefusedError('wrong_credentials', 'The password is wrong.');
  }
  const sessions = await endOwnSessions(context, principal, { reason: 'password_changed' });
  await recordAudit(visitor, 'shop.password_changed', { target, detail: { sessions } });
  const session = await openSession(visitor, changed);
  if (session === undefined)
    throw new RefusedError('wrong_credentials', 'The password was changed again. Log in again.');
  return issueTokens(context, session);
}

/**
 * Replaces the password and removes the known addresses, because an attacker may have logged in
 * from them. Returns undefined when another request has replaced the password since it was checked.
 */
async function replacePassword(
  { store, passwords }: AccessContext,
  shop: ShopRecord,
  password: string,
): Promise<ShopRecord | undefined> {
  const passwordHash = await passwords.hash(password, 'change');
  const { _id, passwordHash: before } = shop;
  const writing = store.shops.updateOne(
    { _id, passwordHash: before ?? '' },
    { $set: { passwordHash, knownAddresses: [] } },
  );
  const { modifiedCount } = await withDeadline('changing a password', WRITE_TIMEOUT_MS, writing);
  return modifiedCount === 1 ? { ...shop, passwordHash, knownAddresses: [] } : undefined;
}
