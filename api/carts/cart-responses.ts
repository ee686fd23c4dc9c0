import { z } from '@hono/zod-openapi';
import { IF_MATCH } from '../http/etag.ts';
import { cart } from './schemas.ts';

/** The request headers of every route that changes a cart. */
export const ifMatchHeader = z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) });

/** The response that contains a cart. */
export const shownCart = {
  description: 'The cart.',
  schema: cart,
  headers: { ETag: 'The revision of the cart, for `If-Match`.' },
};

/** The refusals of every route that changes a cart. */
export const changeRefusals = {
  404: { description: 'The caller has no such cart, or it has expired.' },
  409: {
    description:
      'The cart is checked out, and not all orders of the checkout `checkoutId` are cancelled or expired.',
  },
  412: { description: 'The cart was changed: its revision is not the one in `If-Match`.' },
  503: { description: 'The outcome is unknown. Read the cart.' },
};

/** The additional refusals of routes that write a line. */
export const lineRefusals = {
  400: { description: 'Invalid input.' },
  403: {
    description:
      'A missing scope, or a shop that does not let this storefront sell its products ' +
      '(`storefront_not_allowed`).',
  },
  422: {
    description:
      'An unknown variant, one that is not for sale or has another currency, a quantity that it is ' +
      'not sold in, too many lines, or a total above 10^12 minor units.',
  },
};
