import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { IF_MATCH } from '../http/etag.ts';
import { changeDiscount } from './change-discount.ts';
import { route } from './context.ts';
import { DISCOUNT_HEADERS, discountHeaders, presentDiscount } from './present-discount.ts';
import { discount, discountChanges } from './schemas.ts';

export const patchDiscount = route(
  {
    method: 'patch',
    path: '/v1/discounts/{id}',
    operationId: 'discounts.update',
    tag: 'discounts',
    summary: 'Change a discount',
    description:
      'Changes the given fields; `null` removes a limit. The code cannot change: cancel the ' +
      'discount and create another. Checkouts accepted earlier keep their amounts.',
    access: sellers('discounts:write'),
    headers: z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) }),
    params: z.object({ id: z.string() }),
    body: discountChanges,
    responses: {
      200: {
        description: 'The discount as it now stands.',
        schema: discount,
        headers: DISCOUNT_HEADERS,
      },
      400: { description: 'Bad input, by itself or together with the fields that stay.' },
      404: { description: 'No such discount of the caller’s shop.' },
      409: {
        description:
          'It has been used more often (`usage_limit_below_uses`), or is cancelled ' +
          '(`invalid_transition`).',
      },
      412: { description: 'It has been changed since (`precondition_failed`).' },
      422: { description: 'A product is not the shop’s (`unknown_product`).' },
    },
  },
  async (input) => {
    const { body: changes, c, context, params } = input;
    const ifMatch = c.req.header('if-match');
    const changed = await changeDiscount(input, { discountId: params.id, ifMatch, changes });
    const body = presentDiscount(changed, context.clock.now());
    return { status: 200, body, headers: discountHeaders(changed) };
  },
);
