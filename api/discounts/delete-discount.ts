import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { cancelDiscount } from './change-discount.ts';
import { route } from './context.ts';

export const deleteDiscount = route(
  {
    method: 'delete',
    path: '/v1/discounts/{id}',
    operationId: 'discounts.cancel',
    tag: 'discounts',
    summary: 'Cancel a discount',
    description:
      'No more orders are placed with it, not even from checkouts that are accepted and still ' +
      'queued. Existing orders keep it. Its code becomes free. Repeating the call changes nothing.',
    access: sellers('discounts:write'),
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is cancelled.' },
      404: { description: 'No such discount of the caller’s shop.' },
    },
  },
  async (input) => {
    await cancelDiscount(input, input.params.id);
    return { status: 204 };
  },
);
