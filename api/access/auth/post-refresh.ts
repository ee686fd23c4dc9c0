import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { refreshSession } from '../sessions/session-store.ts';
import { NOT_KEPT, tokensOf } from './open-session.ts';
import { tokens } from './schemas.ts';

const REFRESH_TOKEN_LENGTH_MAX = 100;

export const postRefresh = route(
  {
    method: 'post',
    path: '/v1/auth/refresh',
    tag: 'access',
    summary: 'Go on with a session',
    description:
      'Trades a refresh token for the next two tokens. It works once: if it comes again, two hold ' +
      'what one should, and the whole session is ended.',
    access: { anyone: true },
    body: z
      .strictObject({ refreshToken: z.string().min(1).max(REFRESH_TOKEN_LENGTH_MAX) })
      .openapi('Refresh'),
    responses: {
      200: { description: 'The next tokens of the session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'Not a refresh token that works, or works any more.' },
    },
  },
  async (input) => {
    const { body, context } = input;
    const work = refreshSession(context.store, context.clock, body.refreshToken);
    const result = await withDeadline('refreshing', WRITE_TIMEOUT_MS, work);
    if (result.kind === 'refreshed') {
      return { status: 200, body: await tokensOf(context, result.session), headers: NOT_KEPT };
    }
    if (result.kind === 'reused') {
      context.sessionWatch.forget();
      const { shopId, sessionId } = result;
      const thing = { shopId, target: sessionId, outcome: 'refused' } as const;
      await recordAudit(input, 'session.refresh_reused', thing);
    }
    throw new RefusedError('unauthenticated', 'This refresh token does not work.');
  },
);
