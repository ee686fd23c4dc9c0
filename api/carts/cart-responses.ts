import { z } from '@hono/zod-openapi';
import { IF_MATCH } from '../http/etag.ts';
import { cart } from './schemas.ts';

/** Headers of every change of a cart. */
export const ifMatchHeader = z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) });

/** How an answer that shows a cart is described. */
export const shownCart = {
  description: 'The cart as it stands.',
  schema: cart,
  headers: { ETag: 'Names this state of the cart, for `If-Match`.' },
};

/** What every change of a cart can meet. */
export const changeRefusals = {
  404: { description: 'No such cart of this caller, or it has expired.' },
  409: {
    description:
      'It is checked out, and not all orders of that checkout are cancelled or expired: `checkoutId` names it.',
  },
  412: { description: 'It has been changed since: `If-Match` names another state.' },
  503: { description: 'Not known to be changed: read the cart.' },
};

/** What writing a line can meet besides. */
export const lineRefusals = {
  400: { description: 'Bad input.' },
  403: {
    description:
      'No scope, or a shop that does not let this storefront sell for it ' +
      '(`storefront_not_allowed`).',
  },
  422: {
    description:
      'Unknown variant or not for sale, another currency, a quantity it is not sold in, no room ' +
      'for another line, or a cart that would come to more than 10^12 minor units.',
  },
};
