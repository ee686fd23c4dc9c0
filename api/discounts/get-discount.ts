import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { findDiscount } from './discount-store.ts';
import { DISCOUNT_HEADERS, discountHeaders, presentDiscount } from './present-discount.ts';
import { discount } from './schemas.ts';

export const getDiscount = route(
  {
    method: 'get',
    path: '/v1/discounts/{id}',
    operationId: 'discounts.get',
    tag: 'discounts',
    summary: 'Look at a discount',
    description: 'With the number of its uses.',
    access: sellers('discounts:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The discount.', schema: discount, headers: DISCOUNT_HEADERS },
      404: { description: 'No such discount of the caller’s shop.' },
    },
  },
  async ({ context, params, principal }) => {
    const found = await findDiscount(context.store, principal, params.id);
    const body = presentDiscount(found, context.clock.now());
    return { status: 200, body, headers: discountHeaders(found) };
  },
);
