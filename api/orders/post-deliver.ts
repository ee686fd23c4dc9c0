import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from '../http/route.ts';
import { moveOrder } from './move-order.ts';
import { presentOrder } from './present-order.ts';
import { order } from './schemas.ts';

export const postDeliver = route(
  {
    method: 'post',
    path: '/v1/orders/{id}/deliver',
    operationId: 'orders.deliver',
    tag: 'orders',
    summary: 'Note that an order has arrived',
    description: 'Doing so again changes nothing. For the seller only.',
    access: sellers('orders:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The order as it now stands.', schema: order },
      403: {
        description:
          'No scope, or a storefront that the seller does not let do so (`storefront_not_allowed`).',
      },
      404: { description: 'No such order that the caller may see.' },
      409: { description: 'It was not sent.' },
    },
  },
  async (input) => {
    const moved = await moveOrder(input, { orderId: input.params.id, move: 'deliver' });
    return { status: 200, body: presentOrder(moved) };
  },
);
