import { z } from '@hono/zod-openapi';
import { viewOrder } from '../../shared/views/order-view.ts';
import { everyCaller } from '../http/access.ts';
import { route } from './context.ts';
import { findOrder } from './order-store.ts';
import { order } from './schemas.ts';

export const getOrder = route(
  {
    method: 'get',
    path: '/v1/orders/{id}',
    operationId: 'orders.get',
    tag: 'orders',
    summary: 'Get an order',
    description: 'With its lines, amounts and history.',
    access: everyCaller('orders:read'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The order.', schema: order },
      404: { description: 'No such order that the caller may see.' },
    },
  },
  async ({ context, params, principal }) => {
    const found = await findOrder(context.store, principal, params.id);
    return { status: 200, body: viewOrder(found) };
  },
);
