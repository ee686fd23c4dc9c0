import { z } from '@hono/zod-openapi';
import { route } from '../context.ts';
import { refreshExample } from '../examples.ts';
import { tokens } from './open-session.ts';
import { refresh } from './refresh.ts';

const REFRESH_TOKEN_LENGTH_MAX = 100;

export const postRefresh = route(
  {
    method: 'post',
    path: '/v1/auth/refresh',
    operationId: 'auth.refresh',
    tag: 'access',
    summary: 'Refresh a session',
    description:
      'Exchanges a refresh token for the next two tokens. A refresh token works once. If it is ' +
      'used again, two parties hold what only one should, and the whole session ends.',
    access: { anyone: true },
    body: z
      .strictObject({ refreshToken: z.string().min(1).max(REFRESH_TOKEN_LENGTH_MAX) })
      .openapi('Refresh', { example: refreshExample }),
    responses: {
      200: { description: 'The next tokens of the session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'Not a refresh token that works, or works any more.' },
    },
  },
  async (input) => {
    const refreshed = await refresh(input, input.body.refreshToken);
    return { status: 200, body: refreshed };
  },
);
