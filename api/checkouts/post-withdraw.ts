import { z } from '@hono/zod-openapi';
import { storefronts } from '../http/access.ts';
import { route } from './context.ts';
import { presentCheckout } from './present.ts';
import { checkout } from './schemas.ts';
import { withdrawCheckout } from './withdraw-checkout.ts';

export const postWithdraw = route(
  {
    method: 'post',
    path: '/v1/checkouts/{id}/withdraw',
    operationId: 'checkouts.withdraw',
    tag: 'checkouts',
    summary: 'Withdraw a checkout that is still queued',
    description:
      'It becomes rejected as `withdrawn`, and nothing is reserved. Doing so again changes nothing. ' +
      'What has been settled meanwhile stays as it is; orders are cancelled, not withdrawn.',
    access: storefronts('checkouts:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The checkout, withdrawn.', schema: checkout },
      404: { description: 'No such checkout of this caller.' },
      409: { description: 'It has been settled; `checkoutStatus` says how.' },
    },
  },
  async (input) => {
    const withdrawn = await withdrawCheckout(input, input.params.id);
    return { status: 200, body: presentCheckout(withdrawn) };
  },
);
