import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { logOutSession } from './log-out.ts';

export const deleteSession = route(
  {
    method: 'delete',
    path: '/v1/auth/sessions/{id}',
    operationId: 'sessions.end',
    tag: 'access',
    summary: 'End a session',
    description: 'None of its tokens works any more. It may be the one that asks.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It has ended.' },
      404: { description: 'No such open session of the caller’s shop.' },
    },
  },
  async (input) => {
    await logOutSession(input, input.params.id);
    return { status: 204 };
  },
);
