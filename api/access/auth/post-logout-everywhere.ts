import { recordAudit } from '../../audit/record-audit.ts';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { endOwnSessions } from './end-sessions.ts';

export const postLogoutEverywhere = route(
  {
    method: 'post',
    path: '/v1/auth/logout-everywhere',
    tag: 'access',
    summary: 'Log out everywhere',
    description: 'Ends every session of the shop, the one that asks included.',
    access: shopsOnly,
    responses: { 204: { description: 'All sessions have ended.' } },
  },
  async (input) => {
    const { context, principal } = input;
    const count = await endOwnSessions(context, principal, { reason: 'logout' });
    const detail = { reason: 'logout', sessions: count };
    await recordAudit(input, 'session.ended', { target: principal.shopId, detail });
    return { status: 204 };
  },
);
