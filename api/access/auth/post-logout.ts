import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { logOut } from './log-out.ts';

export const postLogout = route(
  {
    method: 'post',
    path: '/v1/auth/logout',
    operationId: 'auth.logOut',
    tag: 'access',
    summary: 'Log out',
    description: 'Ends the session that asks: none of its tokens works any more.',
    access: shopsOnly,
    responses: { 204: { description: 'The session has ended.' } },
  },
  async (input) => {
    await logOut(input);
    return { status: 204 };
  },
);
