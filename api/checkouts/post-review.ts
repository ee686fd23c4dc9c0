import { storefronts } from '../http/access.ts';
import { route } from './context.ts';
import { reviewCheckout } from './review/review-checkout.ts';
import { checkoutReview } from './review/schemas.ts';
import { checkoutRequest } from './schemas.ts';

export const postReview = route(
  {
    method: 'post',
    path: '/v1/checkouts/review',
    operationId: 'checkouts.review',
    tag: 'checkouts',
    summary: 'See what a checkout would come to',
    description:
      'Takes what `POST /v1/checkouts` takes, stores nothing and reserves nothing. Codes that ' +
      'cannot be used are told with the reason, and their discounts are not in the totals.',
    access: storefronts('checkouts:write'),
    body: checkoutRequest,
    responses: {
      200: { description: 'The totals of this moment.', schema: checkoutReview },
      400: { description: 'Bad input, or no buyer.' },
      403: {
        description:
          'No scope, another buyer than the one who calls, or a shop that does not let this ' +
          'storefront sell for it (`storefront_not_allowed`).',
      },
      404: { description: 'No such cart of this caller, or it has expired.' },
      409: { description: 'The cart is checked out: `checkoutId` names the checkout.' },
      422: {
        description:
          'Unknown variant, mixed currencies, a quantity it is not sold in, or an empty cart.',
      },
    },
  },
  async ({ body, context, principal }) => ({
    status: 200,
    body: await reviewCheckout(context, principal, body),
  }),
);
