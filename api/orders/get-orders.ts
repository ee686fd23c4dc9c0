import { z } from '@hono/zod-openapi';
import { everyCaller } from '../http/access.ts';
import { idOfCursor, pageFrom, pageOf, pageQuery } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { listOrders } from './order-store.ts';
import { presentOrder } from './present-order.ts';
import { order, orderStatus } from './schemas.ts';

const LIST = 'orders';

export const getOrders = route(
  {
    method: 'get',
    path: '/v1/orders',
    tag: 'orders',
    summary: 'List orders',
    description: 'Those that the caller made and those that its shop sells, newest first.',
    access: everyCaller('orders:read'),
    query: z.strictObject({
      ...pageQuery,
      status: orderStatus.optional(),
      buyerId: z.string().min(1).max(128).optional(),
    }),
    responses: {
      200: { description: 'A page.', schema: pageOf(order) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, status, buyerId } = query;
    const after = idOfCursor(LIST, cursor);
    const found = await listOrders(context.store, principal, { status, buyerId, limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentOrder) };
  },
);
