import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from '../http/route.ts';
import { moveOrder } from './move-order.ts';
import { presentOrder } from './present-order.ts';
import { confirmRequest, order } from './schemas.ts';

export const postConfirm = route(
  {
    method: 'post',
    path: '/v1/orders/{id}/confirm',
    operationId: 'orders.confirm',
    tag: 'orders',
    summary: 'Confirm an order: it is paid',
    description:
      'Its units leave the stock. Doing so again changes nothing, unless it names another ' +
      'payment. For the shop that sells it, and for storefronts that this shop lists with ' +
      '`mayConfirm`.',
    access: sellers('orders:write'),
    params: z.object({ id: z.string() }),
    body: confirmRequest,
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
          'It is not pending any more, was paid otherwise, or its reservation has ended.',
      },
    },
  },
  async (input) => {
    const { body: details, params } = input;
    const moved = await moveOrder(input, { orderId: params.id, move: 'confirm', details });
    return { status: 200, body: presentOrder(moved) };
  },
);
