import { z } from '@hono/zod-openapi';
import { route } from '../../http/route.ts';
import { emailAddress, shopName } from '../accounts/account-schema.ts';
import { openedShopExample, signupExample } from '../examples.ts';
import { newPassword } from '../passwords/password-schema.ts';
import { NOT_KEPT } from './open-session.ts';
import { tokens } from './schemas.ts';
import { signUp } from './sign-up.ts';

const signup = z
  .strictObject({ name: shopName, email: emailAddress, password: newPassword })
  .openapi('Signup', { example: signupExample });

const openedShop = tokens
  .extend({ shop: z.object({ id: z.string(), name: z.string(), email: z.string() }) })
  .openapi('OpenedShop', { example: openedShopExample });

export const postSignup = route(
  {
    method: 'post',
    path: '/v1/auth/signup',
    operationId: 'auth.signUp',
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
        schema: openedShop,
      },
      400: { description: 'Bad input.' },
      422: { description: 'The password is too easy to guess (`weak_password`).' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: {
        description:
          'Too many shops opened from this address or in all (`too_many_signups`), or too many ' +
          'taken e-mail addresses tried (`too_many_guesses`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const opened = await signUp(input, input.body);
    const { _id: id, name, email } = opened.shop;
    const body = { shop: { id, name, email }, ...opened.tokens };
    return { status: 201, body, headers: NOT_KEPT };
  },
);
