import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { enteredPassword, newPassword } from '../accounts/account-schema.ts';
import { route } from '../context.ts';
import { passwordChangeExample } from '../examples.ts';
import { changePassword } from './change-password.ts';
import { tokens } from './open-session.ts';

export const postPassword = route(
  {
    method: 'post',
    path: '/v1/auth/password',
    operationId: 'auth.changePassword',
    tag: 'access',
    summary: 'Change the password',
    description:
      'Ends every session of the shop, including that of the caller, and returns the tokens of a ' +
      'new one.',
    access: shopsOnly,
    body: z
      .strictObject({ currentPassword: enteredPassword, newPassword })
      .openapi('PasswordChange', { example: passwordChangeExample }),
    responses: {
      200: { description: 'The tokens of the only session that is open now.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or a wrong password.' },
      422: { description: 'The new password is too easy to guess (`weak_password`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const session = await changePassword(visitor, input.body);
    return { status: 200, body: session };
  },
);
