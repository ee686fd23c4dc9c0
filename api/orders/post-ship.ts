import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from '../http/route.ts';
import { moveOrder } from './move-order.ts';
import { presentOrder } from './present-order.ts';
import { order, shipRequest } from './schemas.ts';

export const postShip = route(
  {
    method: 'post',
    path: '/v1/orders/{id}/ship',
    operationId: 'orders.ship',
    tag: 'orders',
    summary: 'Note that an order was sent',
    description:
      'Doing so again changes nothing, unless it names another parcel. For the seller only.',
    access: sellers('orders:write'),
    params: z.object({ id: z.string() }),
    body: shipRequest,
    isBodyOptional: true,
    responses: {
      200: { description: 'The order as it now stands.', schema: order },
      400: { description: 'Bad input.' },
      403: {
        description:
          'No scope, or a storefront that the seller does not let do so (`storefront_not_allowed`).',
      },
      404: { description: 'No such order that the caller may see.' },
      409: {
        description:
          'It is not confirmed, was sent otherwise, or the reference is another order’s.',
      },
    },
  },
  async (input) => {
    const { body: details, params } = input;
    const moved = await moveOrder(input, { orderId: params.id, move: 'ship', details });
    return { status: 200, body: presentOrder(moved) };
  },
);
