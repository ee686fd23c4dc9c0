import { storefronts } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
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
    summary: 'Withdraw a checkout that is queued or waiting',
    description:
      'Rejects the checkout as `withdrawn` and reserves nothing. Repeating the request changes ' +
      'nothing. A checkout that is settled keeps its outcome; cancel its orders instead.',
    access: storefronts('checkouts:write'),
    params: idParams,
    responses: {
      200: { description: 'The withdrawn checkout.', schema: checkout },
      404: { description: 'The caller has no such checkout.' },
      409: { description: 'The checkout is settled; `checkoutStatus` contains its status.' },
    },
  },
  async (input) => {
    const withdrawn = await withdrawCheckout(input, input.params.id);
    return { status: 200, body: await presentCheckout(input.context, withdrawn, input.principal) };
  },
);
