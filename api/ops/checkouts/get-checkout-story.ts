import { route } from '../context.ts';
import { checkoutHistory } from './checkout-history.ts';
import { checkoutParams, checkoutStory } from './schemas.ts';

export const getCheckoutStory = route(
  {
    method: 'get',
    path: '/ops/checkouts/{id}',
    operationId: 'operations.getCheckout',
    tag: 'operations',
    summary: 'Tell a checkout’s whole story',
    description: 'Its record, orders, jobs and timeline. Where it is sent to is left out.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      200: { description: 'All that is known of it.', schema: checkoutStory },
      404: { description: 'No such checkout.' },
    },
  },
  async ({ context, params }) => ({ status: 200, body: await checkoutHistory(context, params.id) }),
);
