import { everyCaller } from '../http/access.ts';
import { listTiedTo, pageOf } from '../http/paging.ts';
import { route } from './context.ts';
import { listOrders, pageOfOrders, placeAfter } from './order-list.ts';
import { order, ordersQuery } from './schemas.ts';

export const getOrders = route(
  {
    method: 'get',
    path: '/v1/orders',
    operationId: 'orders.list',
    tag: 'orders',
    summary: 'List orders',
    description:
      'Those made with any key of the shop and those that the shop sells, the last placed ' +
      'first; of a buyer, its own.',
    access: everyCaller('orders:read'),
    query: ordersQuery,
    responses: {
      200: { description: 'A page.', schema: pageOf(order) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, ...filters } = query;
    const list = listTiedTo('orders', filters);
    const after = placeAfter(list, cursor);
    const found = await listOrders(context.store, principal, filters, { limit, after });
    return { status: 200, body: pageOfOrders(list, found, limit) };
  },
);
