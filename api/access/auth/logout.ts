import { shopsOnly } from '../../http/access.ts';
import { route } from '../context.ts';
import { logOut } from './end-sessions.ts';

/** Ends the session of the caller; it succeeds as well if that has ended meanwhile. */
export const postLogout = route(
  {
    method: 'post',
    path: '/v1/auth/logout',
    operationId: 'auth.logOut',
    tag: 'access',
    summary: 'Log out',
    description: 'Ends the session of the caller: its tokens no longer work.',
    access: shopsOnly,
    responses: { 204: { description: 'The session has ended.' } },
  },
  async (input) => {
    const { sessionId = '' } = input.principal;
    await logOut(input, { sessionId, reason: 'logout' });
    return { status: 204 };
  },
);

export const postLogoutEverywhere = route(
  {
    method: 'post',
    path: '/v1/auth/logout-everywhere',
    operationId: 'auth.logOutEverywhere',
    tag: 'access',
    summary: 'Log out everywhere',
    description: 'Ends every session of the shop, including that of the caller.',
    access: shopsOnly,
    responses: { 204: { description: 'All sessions have ended.' } },
  },
  async (input) => {
    await logOut(input, { reason: 'logout' });
    return { status: 204 };
  },
);
