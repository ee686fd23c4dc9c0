import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { cancelDiscount } from './cancel-discount.ts';
import { route } from './context.ts';

export const deleteDiscount = route(
  {
    method: 'delete',
    path: '/v1/discounts/{id}',
    operationId: 'discounts.cancel',
    tag: 'discounts',
    summary: 'Cancel a discount',
    description:
      'From then on nothing is placed with it, not even what was accepted before and is still ' +
      'queued. Orders keep what they have. Its code is free for another. Doing so again changes ' +
      'nothing.',
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
