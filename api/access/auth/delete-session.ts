import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { endOwnSessions } from './end-sessions.ts';

export const deleteSession = route(
  {
    method: 'delete',
    path: '/v1/auth/sessions/{id}',
    tag: 'access',
    summary: 'End a session',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It has ended.' },
      404: { description: 'No such open session of the caller’s shop.' },
    },
  },
  async (input) => {
    const { context, params, principal } = input;
    const which = { sessionId: params.id, reason: 'ended' } as const;
    if ((await endOwnSessions(context, principal, which)) === 0) {
      throw new RefusedError('not_found', 'There is no such open session.');
    }
    await recordAudit(input, 'session.ended', { target: params.id, detail: { reason: 'ended' } });
    return { status: 204 };
  },
);
