import { z } from '@hono/zod-openapi';
import { emailAddress, enteredPassword } from '../accounts/account-schema.ts';
import { route } from '../context.ts';
import { loginExample } from '../examples.ts';
import { logIn } from './log-in.ts';
import { tokens } from './open-session.ts';

export const postLogin = route(
  {
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'auth.logIn',
    tag: 'access',
    summary: 'Log in',
    description:
      'Starts another session. An unknown e-mail address gets the answer to a wrong password, ' +
      'after the same time.',
    access: { anyone: true },
    body: z
      .strictObject({ email: emailAddress, password: enteredPassword })
      .openapi('Login', { example: loginExample }),
    responses: {
      200: { description: 'The tokens of a session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'The e-mail address or the password is wrong (`wrong_credentials`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const session = await logIn(visitor, input.body);
    return { status: 200, body: session };
  },
);
