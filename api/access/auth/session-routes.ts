import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import type { SessionRecord } from '../../../shared/store/collections/sessions.ts';
import { shopsOnly } from '../../http/access.ts';
import { idParams } from '../../http/id-list.ts';
import { pageQueryOnly, pageResponses } from '../../http/paging.ts';
import { route } from '../context.ts';
import { sessionExample } from '../examples.ts';
import { listOpenSessions } from '../sessions/session-store.ts';
import { accessOwnedBy } from '../visibility.ts';
import { logOut } from './end-sessions.ts';

const session = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().describe('When the session was last refreshed, or started.'),
    expiresAt: z.iso.datetime().describe('When the session ends unless it is refreshed before.'),
    userAgent: z.string().optional(),
    address: z.string().optional().describe('The IP address that the session was started from.'),
    current: z.boolean().describe('Whether this is the caller’s session.'),
  })
  .openapi('Session', { example: sessionExample });

export const getSessions = route(
  {
    method: 'get',
    path: '/v1/auth/sessions',
    operationId: 'sessions.list',
    tag: 'access',
    summary: 'List open sessions',
    description: 'Sessions of the shop that can still be refreshed, newest first.',
    access: shopsOnly,
    query: pageQueryOnly,
    responses: pageResponses(session),
  },
  async ({ context, principal, query }) => {
    const { shopId } = accessOwnedBy(principal);
    const present = (record: SessionRecord) => presentSession(record, principal.sessionId);
    const body = await listOpenSessions(context, shopId, query, present);
    return { status: 200, body };
  },
);

function presentSession(
  record: SessionRecord,
  currentId: string | undefined,
): z.output<typeof session> {
  return {
    id: record._id,
    createdAt: record.createdAt.toISOString(),
    lastUsedAt: record.lastUsedAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    ...(record.userAgent !== undefined && { userAgent: record.userAgent }),
    ...(record.address !== undefined && { address: record.address }),
    current: record._id === currentId,
  };
}

export const deleteSession = route(
  {
    method: 'delete',
    path: '/v1/auth/sessions/{id}',
    operationId: 'sessions.end',
    tag: 'access',
    summary: 'End a session',
    description:
      'Within seconds no process accepts the tokens of the session. It may be the caller’s own.',
    access: shopsOnly,
    params: idParams,
    responses: {
      204: { description: 'The session has ended.' },
      404: { description: 'The shop has no such open session.' },
    },
  },
  async (input) => {
    const sessionToEnd = { sessionId: input.params.id, reason: 'ended' } as const;
    if ((await logOut(input, sessionToEnd)) === 0) {
      throw new RefusedError('not_found', 'There is no such open session.');
    }
    return { status: 204 };
  },
);
