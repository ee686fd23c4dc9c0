import { z } from '@hono/zod-openapi';
import { route } from '../../http/route.ts';
import { refreshExample } from '../examples.ts';
import { NOT_KEPT } from './open-session.ts';
import { tokens } from './schemas.ts';
import { tradeRefreshToken } from './trade-refresh-token.ts';

const REFRESH_TOKEN_LENGTH_MAX = 100;

export const postRefresh = route(
  {
    method: 'post',
    path: '/v1/auth/refresh',
    operationId: 'auth.refresh',
    tag: 'access',
    summary: 'Go on with a session',
    description:
      'Trades a refresh token for the next two tokens. It works once: if it comes again, two hold ' +
      'what one should, and the whole session is ended.',
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
    const session = await tradeRefreshToken(input, input.body.refreshToken);
    return { status: 200, body: session, headers: NOT_KEPT };
  },
);
