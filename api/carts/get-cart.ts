import { storefronts } from '../http/access.ts';
import { shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { cartReply } from './present-cart.ts';
import { cartParams } from './schemas.ts';
import { readCart } from './view-cart.ts';

export const getCart = route(
  {
    method: 'get',
    path: '/v1/carts/{id}',
    operationId: 'carts.get',
    tag: 'carts',
    summary: 'Read a cart',
    description:
      'Returns the cart at current prices and availability. `changes` lists what the storefront ' +
      'should show to the buyer. Reading changes nothing.',
    access: storefronts('carts:write'),
    params: cartParams,
    responses: {
      200: shownCart,
      404: { description: 'The caller has no such cart, or it has expired.' },
    },
  },
  async ({ context, params, principal }) =>
    cartReply(await readCart(context, principal, params.id)),
);
