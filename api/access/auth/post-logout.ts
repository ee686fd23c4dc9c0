import { recordAudit } from '../../audit/record-audit.ts';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { endOwnSessions } from './end-sessions.ts';

export const postLogout = route(
  {
    method: 'post',
    path: '/v1/auth/logout',
    tag: 'access',
    summary: 'Log out',
    description: 'Ends the session that asks: none of its tokens works any more.',
    access: shopsOnly,
    responses: { 204: { description: 'The session has ended.' } },
  },
  async (input) => {
    const { context, principal } = input;
    const { sessionId = '' } = principal;
    await endOwnSessions(context, principal, { sessionId, reason: 'logout' });
    const detail = { reason: 'logout' };
    await recordAudit(input, 'session.ended', { target: sessionId, detail });
    return { status: 204 };
  },
);
