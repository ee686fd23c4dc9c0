import { everyCaller } from '../http/access.ts';
import { toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { listOrders } from './order-store.ts';
import { order, ordersQuery } from './schemas.ts';

export const getOrders = route(
  {
    method: 'get',
    path: '/v1/orders',
    operationId: 'orders.list',
    tag: 'orders',
    summary: 'List orders',
    description:
      'Orders placed with any key of the shop and orders that the shop sells, the last placed ' +
      'first. A buyer sees its own.',
    access: everyCaller('orders:read'),
    query: ordersQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(order) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
    },
  },
  async ({ context, principal, query }) => ({
    status: 200,
    body: await listOrders(context.store, principal, query),
  }),
);
