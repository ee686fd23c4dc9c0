import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { passwordChangeExample } from '../examples.ts';
import { givenPassword, newPassword } from '../passwords/password-schema.ts';
import { changePassword } from './change-password.ts';
import { NOT_KEPT } from './open-session.ts';
import { tokens } from './schemas.ts';

export const postPassword = route(
  {
    method: 'post',
    path: '/v1/auth/password',
    operationId: 'auth.changePassword',
    tag: 'access',
    summary: 'Change the password',
    description:
      'Ends every session of the shop, the one that asks included, and answers with a new one: ' +
      'whoever else was logged in is not any more.',
    access: shopsOnly,
    body: z
      .strictObject({ currentPassword: givenPassword, newPassword })
      .openapi('PasswordChange', { example: passwordChangeExample }),
    responses: {
      200: { description: 'The only session that there is now.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or not the password.' },
      422: { description: 'The new password is too easy to guess (`weak_password`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const session = await changePassword(input, input.body);
    return { status: 200, body: session, headers: NOT_KEPT };
  },
);
