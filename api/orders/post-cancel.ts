import { z } from '@hono/zod-openapi';
import { everyCaller } from '../http/access.ts';
import { route } from '../http/route.ts';
import { moveOrder } from './move-order.ts';
import { presentOrder } from './present-order.ts';
import { cancelRequest, order } from './schemas.ts';

export const postCancel = route(
  {
    method: 'post',
    path: '/v1/orders/{id}/cancel',
    operationId: 'orders.cancel',
    tag: 'orders',
    summary: 'Cancel an order',
    description:
      'Its units can be bought again. Doing so again changes nothing. The seller may cancel an ' +
      'order until it is sent; a buyer, or another shop’s storefront, while it is pending.',
    access: everyCaller('orders:write'),
    params: z.object({ id: z.string() }),
    body: cancelRequest,
    responses: {
      200: { description: 'The order as it now stands.', schema: order },
      400: { description: 'Bad input.' },
      404: { description: 'No such order that the caller may see.' },
      409: {
        description:
          'It was sent, or has expired; for others than the seller, it is not pending any more.',
      },
    },
  },
  async (input) => {
    const { body, params } = input;
    const request = { orderId: params.id, move: 'cancel', reason: body.reason } as const;
    const moved = await moveOrder(input, request);
    return { status: 200, body: presentOrder(moved) };
  },
);
