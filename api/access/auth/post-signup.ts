import { z } from '@hono/zod-openapi';
import { emailAddress, newPassword, shopName } from '../accounts/account-schema.ts';
import { route } from '../context.ts';
import { openedShopExample, signupExample } from '../examples.ts';
import { tokens } from './open-session.ts';
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
      'Opens a shop and its first session. The answer reveals whether an e-mail address is taken, ' +
      'because Lastunit sends no mail to confirm one; attempts with taken addresses are limited.',
    access: { anyone: true },
    body: signup,
    responses: {
      201: { description: 'The shop and the tokens of its session.', schema: openedShop },
      400: { description: 'Bad input.' },
      422: { description: 'The password is too easy to guess (`weak_password`).' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: {
        description:
          'Too many sign-ups from this address or in all (`too_many_signups`), or too many ' +
          'attempts with taken e-mail addresses (`too_many_guesses`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const opened = await signUp(visitor, input.body);
    const { _id: id, name, email } = opened.shop;
    const body = { shop: { id, name, email }, ...opened.tokens };
    return { status: 201, body };
  },
);
