import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { logOutEverywhere } from './log-out.ts';

export const postLogoutEverywhere = route(
  {
    method: 'post',
    path: '/v1/auth/logout-everywhere',
    operationId: 'auth.logOutEverywhere',
    tag: 'access',
    summary: 'Log out everywhere',
    description: 'Ends every session of the shop, the one that asks included.',
    access: shopsOnly,
    responses: { 204: { description: 'All sessions have ended.' } },
  },
  async (input) => {
    await logOutEverywhere(input);
    return { status: 204 };
  },
);
