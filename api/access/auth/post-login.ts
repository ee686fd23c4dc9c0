import { z } from '@hono/zod-openapi';
import { route } from '../../http/route.ts';
import { emailAddress } from '../accounts/account-schema.ts';
import { loginExample } from '../examples.ts';
import { givenPassword } from '../passwords/password-schema.ts';
import { logIn } from './log-in.ts';
import { NOT_KEPT } from './open-session.ts';
import { tokens } from './schemas.ts';

export const postLogin = route(
  {
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'auth.logIn',
    tag: 'access',
    summary: 'Log in',
    description:
      'Starts a session beside those there are. An unknown e-mail address gets the answer of a ' +
      'wrong password, as late.',
    access: { anyone: true },
    body: z
      .strictObject({ email: emailAddress, password: givenPassword })
      .openapi('Login', { example: loginExample }),
    responses: {
      200: { description: 'A session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'The two do not belong together (`wrong_credentials`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const session = await logIn(input, input.body);
    return { status: 200, body: session, headers: NOT_KEPT };
  },
);
