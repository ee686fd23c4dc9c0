import { z } from '@hono/zod-openapi';
import { viewOrder } from '../../shared/views/order-view.ts';
import { sellers } from '../http/access.ts';
import { correctOrder } from './change-order.ts';
import { route } from './context.ts';
import { order, orderCorrection } from './schemas.ts';

export const patchOrder = route(
  {
    method: 'patch',
    path: '/v1/orders/{id}',
    operationId: 'orders.update',
    tag: 'orders',
    summary: 'Correct how an order was sent',
    description:
      'For the shop that sells it, once it is shipped. The history and the audit record keep the ' +
      'previous values. Repeating the call changes nothing.',
    access: sellers('orders:write'),
    params: z.object({ id: z.string() }),
    body: orderCorrection,
    responses: {
      200: { description: 'The order after the correction.', schema: order },
      400: { description: 'Bad input.' },
      403: {
        description: 'No scope, or the order is sold by another shop (`storefront_not_allowed`).',
      },
      404: { description: 'No such order that the caller may see.' },
      409: { description: 'It was not sent, or the reference is another order’s.' },
    },
  },
  async (input) => {
    const corrected = await correctOrder(input, input.params.id, input.body);
    return { status: 200, body: viewOrder(corrected) };
  },
);
