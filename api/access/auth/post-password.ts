import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import type { ApiContext } from '../../context.ts';
import { shopsOnly } from '../../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { ownShop } from '../accounts/account-store.ts';
import { checkPassword } from '../passwords/check-password.ts';
import { givenPassword, newPassword } from '../passwords/password-schema.ts';
import { endOwnSessions } from './end-sessions.ts';
import { NOT_KEPT, openSession, tokensOf } from './open-session.ts';
import { tokens } from './schemas.ts';

export const postPassword = route(
  {
    method: 'post',
    path: '/v1/auth/password',
    tag: 'access',
    summary: 'Change the password',
    description:
      'Ends every session of the shop, the one that asks included, and answers with a new one: ' +
      'whoever else was logged in is not any more.',
    access: shopsOnly,
    body: z.strictObject({ currentPassword: givenPassword, newPassword }).openapi('PasswordChange'),
    responses: {
      200: { description: 'The only session that there is now.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or not the password.' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const { body, context, principal, address } = input;
    const shop = await ownShop(context.store, principal);
    const isRight = await checkPassword(context, shop, body.currentPassword, address);
    const changed = isRight ? await replacePassword(context, shop, body.newPassword) : undefined;
    const target = shop._id;
    if (changed === undefined) {
      await recordAudit(input, 'shop.password_changed', { target, outcome: 'refused' });
      throw new RefusedError('wrong_credentials', 'This is not the password.');
    }
    const sessions = await endOwnSessions(context, principal, { reason: 'password_changed' });
    await recordAudit(input, 'shop.password_changed', { target, detail: { sessions } });
    const session = await openSession(input, changed);
    if (session === undefined) throw new RefusedError('wrong_credentials', 'Log in again.');
    return { status: 200, body: await tokensOf(context, session), headers: NOT_KEPT };
  },
);

/** Undefined when somebody else has replaced it since it was checked. */
async function replacePassword(
  { store, passwords }: ApiContext,
  shop: ShopRecord,
  password: string,
): Promise<ShopRecord | undefined> {
  const passwordHash = await passwords.hash(password);
  const { _id, passwordHash: before } = shop;
  const written = store.shops
    .updateOne({ _id, passwordHash: before ?? '' }, { $set: { passwordHash } })
    .exec();
  const { modifiedCount } = await withDeadline('changing a password', WRITE_TIMEOUT_MS, written);
  return modifiedCount === 1 ? { ...shop, passwordHash } : undefined;
}
