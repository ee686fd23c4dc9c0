import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { createDiscount } from './create-discount.ts';
import { DISCOUNT_HEADERS, discountHeaders, presentDiscount } from './present-discount.ts';
import { discount, discountRequest } from './schemas.ts';

export const postDiscount = route(
  {
    method: 'post',
    path: '/v1/discounts',
    operationId: 'discounts.create',
    tag: 'discounts',
    summary: 'Create a discount',
    description:
      'Buyers give its code at a checkout. If the outcome is unknown, repeat the request: ' +
      '`code_taken` then means that the discount exists.',
    access: sellers('discounts:write'),
    body: discountRequest,
    responses: {
      201: {
        description: 'The discount.',
        schema: discount,
        headers: { ...DISCOUNT_HEADERS, Location: 'The path of the discount.' },
      },
      400: { description: 'Bad input, e.g. over 100 % or an end before the start.' },
      409: { description: 'Another discount of the shop has the code (`code_taken`).' },
      422: { description: 'A product is not the shop’s (`unknown_product`).' },
    },
  },
  async (input) => {
    const created = await createDiscount(input, input.body);
    const headers = { ...discountHeaders(created), location: `/v1/discounts/${created._id}` };
    return { status: 201, body: presentDiscount(created, input.context.clock.now()), headers };
  },
);
