import { readOwnShop } from '../access/accounts/account-store.ts';
import { shopsOnly } from '../http/access.ts';
import { route } from './context.ts';
import { presentShop, shop } from './schemas.ts';

export const getShop = route(
  {
    method: 'get',
    path: '/v1/shop',
    operationId: 'shop.get',
    tag: 'access',
    summary: 'Get the caller’s shop',
    description: 'The answer includes the e-mail address for logins.',
    access: shopsOnly,
    responses: { 200: { description: 'The shop.', schema: shop } },
  },
  async ({ context, principal }) => {
    return { status: 200, body: presentShop(await readOwnShop(context.store, principal)) };
  },
);
