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
    summary: 'Preview the totals of a checkout',
    description:
      'Accepts the body of `POST /v1/checkouts`, but stores and reserves nothing. Lists the discount ' +
      'codes that cannot be used, each with the reason; the totals do not include their discounts.',
    access: storefronts('checkouts:write'),
    body: checkoutRequest,
    responses: {
      200: { description: 'The current totals.', schema: checkoutReview },
      400: { description: 'Invalid input, or no buyer.' },
      403: {
        description:
          'A missing scope, a buyer other than the caller, or a shop that does not let this ' +
          'storefront sell its products (`storefront_not_allowed`), or does not list it where a wait ' +
          'or a draw requires that (`storefront_not_listed`); in production `reservationSeconds` ' +
          '(`outside_production_only`).',
      },
      404: { description: 'The caller has no such cart, or it has expired.' },
      409: {
        description:
          'The cart is checked out by the checkout `checkoutId`; or the sale of a product has not ' +
          'started (`not_on_sale_yet`) or has ended (`sale_over`); or the draw has not opened ' +
          '(`draw_not_open_yet`) or has closed (`draw_closed`).',
        headers: { 'Retry-After': 'Seconds until the sale starts or the draw opens.' },
      },
      422: {
        description:
          'An unknown variant, mixed currencies, a quantity that a variant is not sold in, an empty ' +
          'cart, or lines that cannot enter the draw.',
      },
    },
  },
  async ({ body, context, principal }) => ({
    status: 200,
    body: await reviewCheckout(context, principal, body),
  }),
);
