import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { idOfCursor, pageFrom, pageOf, pageQuery } from '../../http/paging.ts';
import { route } from '../../http/route.ts';
import { openSessions } from '../sessions/session-store.ts';
import { accessOwnedBy } from '../visibility.ts';
import { presentSession, session } from './schemas.ts';

const LIST = 'sessions';

export const getSessions = route(
  {
    method: 'get',
    path: '/v1/auth/sessions',
    operationId: 'sessions.list',
    tag: 'access',
    summary: 'List open sessions',
    description: 'Those of the shop that can still be refreshed, newest first.',
    access: shopsOnly,
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: pageOf(session) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor } = query;
    const after = idOfCursor(LIST, cursor);
    const { shopId } = accessOwnedBy(principal);
    const found = await openSessions(context.store, context.clock, shopId, { limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentSession(principal)) };
  },
);
