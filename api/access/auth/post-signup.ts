import { z } from '@hono/zod-openapi';
import { createShop } from '../../../shared/access/create-shop.ts';
import { RefusedError, refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import type { ApiContext } from '../../context.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { emailAddress, shopName } from '../accounts/account-schema.ts';
import { findShopByEmail } from '../accounts/account-store.ts';
import { newPassword } from '../passwords/password-schema.ts';
import { shopPrincipal } from '../principals.ts';
import { NOT_KEPT, openSession, tokensOf } from './open-session.ts';
import { tokens } from './schemas.ts';

const signup = z
  .strictObject({ name: shopName, email: emailAddress, password: newPassword })
  .openapi('Signup');

export const postSignup = route(
  {
    method: 'post',
    path: '/v1/auth/signup',
    tag: 'access',
    summary: 'Open a shop',
    description:
      'Answers with a session. That an e-mail address is taken is told, for nobody could sign up ' +
      'otherwise without a letter to it; who tries many addresses is held off.',
    access: { anyone: true },
    body: signup,
    responses: {
      201: {
        description: 'The shop, and a session of it.',
        schema: tokens.extend({
          shop: z.object({ id: z.string(), name: z.string(), email: z.string() }),
        }),
      },
      400: { description: 'Bad input.' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: {
        description: 'Too many taken addresses tried.',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const { body, context, address } = input;
    const created = await context.guesses.check({ address }, () => openShop(context, body));
    if (created === undefined) {
      throw refuseField('email_taken', 'email', 'Another shop has this e-mail address.');
    }
    const session = await openSession(input, created);
    if (session === undefined) throw new RefusedError('wrong_credentials', 'Log in.');
    const principal = shopPrincipal(created._id, session.sessionId);
    await recordAudit({ ...input, principal }, 'shop.signed_up', { target: created._id });
    const { _id: id, name, email } = created;
    const shop = { id, name, email };
    const body201 = { shop, ...(await tokensOf(context, session)) };
    return { status: 201, body: body201, headers: NOT_KEPT };
  },
);

/** Undefined when the e-mail address is taken. */
async function openShop(
  { store, clock, passwords }: ApiContext,
  { name, email, password }: z.output<typeof signup>,
): Promise<ShopRecord | undefined> {
  if ((await findShopByEmail(store, email)) !== undefined) return undefined;
  const passwordHash = await passwords.hash(password);
  const stored = createShop(store, { name, email, passwordHash, createdAt: clock.now() });
  return withDeadline('storing a shop', WRITE_TIMEOUT_MS, stored);
}
