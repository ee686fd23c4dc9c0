import { writeAudit } from '../../../shared/audit/write-audit.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { inTransaction } from '../../../shared/store/transaction.ts';
import { recordAudit, toAuditRecord } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { hasPasswordHash, readOwnShop } from '../accounts/account-store.ts';
import { checkPassword } from '../passwords/check-password.ts';
import { refuseWeakPassword } from '../passwords/weak-password.ts';
import { endSession } from '../sessions/session-store.ts';
import { accessOwnedBy } from '../visibility.ts';
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
  // Checks of the current password are limited, so they come first: estimating the strength of the
  // new password blocks this thread for tens of ms.
  if (isRightPassword) refuseWeakPassword(newPassword, { path: 'newPassword', accountWords });
  const changed = isRightPassword ? await replacePassword(visitor, shop, newPassword) : undefined;
  if (changed === undefined) {
    const refused = { target: shop._id, outcome: 'refused' } as const;
    await recordAudit(visitor, 'shop.password_changed', refused);
    throw new RefusedError('wrong_credentials', 'The password is wrong.');
  }
  const session = await openSession(visitor, changed);
  if (session === undefined)
    throw new RefusedError('wrong_credentials', 'The password was changed again. Log in again.');
  return issueTokens(context, session);
}

/**
 * In one transaction, replaces the password, ends all sessions of the shop and writes the audit
 * entry. If the sessions were ended afterwards and that failed, they would stay open, and a
 * repeated request would be refused because of its old password. Removes the known addresses,
 * because an attacker may have logged in from them. Returns undefined when another request has
 * replaced the password since it was checked.
 */
async function replacePassword(
  visitor: Visitor,
  shop: ShopRecord,
  password: string,
): Promise<ShopRecord | undefined> {
  const { context, principal } = visitor;
  const { store, clock, passwords } = context;
  const { _id, passwordHash: before = '' } = shop;
  const replaced = { passwordHash: await passwords.hash(password, 'change'), knownAddresses: [] };
  const changed = { ...shop, ...replaced };
  const replacing = inTransaction(store, async (session) => {
    const filter = { _id, passwordHash: before };
    const { modifiedCount } = await store.shops.updateOne(filter, { $set: replaced }, { session });
    // A retry after a commit whose response was lost finds the new password.
    if (modifiedCount === 0) return hasPasswordHash(store, changed, session);
    const own = accessOwnedBy(principal);
    const sessions = await endSession(store, clock, own, 'password_changed', session);
    const fields = { target: _id, detail: { sessions } };
    await writeAudit(store, [toAuditRecord(visitor, 'shop.password_changed', fields)], session);
    return true;
  });
  const ending = replacing.then(async (isReplaced) => {
    if (!isReplaced) return undefined;
    // Logins with the old password may have started sessions that the transaction did not see. They
    // are ended even if the deadline has passed.
    await endOwnSessions(context, principal, { reason: 'password_changed' });
    return changed;
  });
  return withDeadline('changing a password', WRITE_TIMEOUT_MS, ending);
}
