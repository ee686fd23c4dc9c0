import { resolveBuyer } from '../access/buyer.ts';
import { storefronts } from '../http/access.ts';
import { lineRefusals, shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { etagHeader, presentCart } from './present-cart.ts';
import { cartRequest } from './schemas.ts';
import { createCart } from './write-lines.ts';

export const postCart = route(
  {
    method: 'post',
    path: '/v1/carts',
    operationId: 'carts.create',
    tag: 'carts',
    summary: 'Create a cart',
    description: 'The cart expires after 30 days without a change.',
    access: storefronts('carts:write'),
    body: cartRequest,
    isBodyOptional: true,
    responses: {
      201: { ...shownCart, headers: { ...shownCart.headers, Location: 'The URL of the cart.' } },
      ...lineRefusals,
      403: {
        description:
          'A missing scope, a buyer other than the caller, or a shop that does not let this ' +
          'storefront sell its products (`storefront_not_allowed`).',
      },
    },
  },
  async ({ body, context, principal }) => {
    const { buyerId, lines = [] } = body;
    const owner = { principal, buyerId: resolveBuyer(principal, buyerId) };
    const view = await createCart(context, owner, lines);
    const headers = { ...etagHeader(view), location: `/v1/carts/${view.cart._id}` };
    return { status: 201, body: presentCart(view), headers };
  },
);
