import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { route } from '../../http/route.ts';
import { emailAddress } from '../accounts/account-schema.ts';
import { findShopByEmail } from '../accounts/account-store.ts';
import { givenPassword } from '../passwords/password-schema.ts';
import { shopPrincipal } from '../principals.ts';
import { NOT_KEPT, openSession, tokensOf } from './open-session.ts';
import { tokens } from './schemas.ts';

export const postLogin = route(
  {
    method: 'post',
    path: '/v1/auth/login',
    tag: 'access',
    summary: 'Log in',
    description:
      'Starts a session beside those there are. An unknown e-mail address gets the answer of a ' +
      'wrong password, as late.',
    access: { anyone: true },
    body: z.strictObject({ email: emailAddress, password: givenPassword }).openapi('Login'),
    responses: {
      200: { description: 'A session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'The two do not belong together (`wrong_credentials`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const { body, context, address } = input;
    const { email, password } = body;
    const session = await context.guesses.check({ account: email, address }, async () => {
      const shop = await findShopByEmail(context.store, email);
      const isRight = await context.passwords.verify(shop?.passwordHash, password);
      if (isRight && shop !== undefined) return openSession(input, shop);
      const concerned = shop === undefined ? {} : { shopId: shop._id, target: shop._id };
      await recordAudit(input, 'session.refused', { ...concerned, outcome: 'refused' });
      return undefined;
    });
    if (session === undefined) {
      throw new RefusedError('wrong_credentials', 'E-mail and password do not belong together.');
    }
    const principal = shopPrincipal(session.shopId, session.sessionId);
    await recordAudit({ ...input, principal }, 'session.started', { target: session.sessionId });
    return { status: 200, body: await tokensOf(context, session), headers: NOT_KEPT };
  },
);
