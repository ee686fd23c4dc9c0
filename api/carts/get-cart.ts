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
    summary: 'Look at a cart',
    description:
      'At prices and availability of this moment, with what the buyer is to be told of them in ' +
      '`changes`. Looking changes nothing.',
    access: storefronts('carts:write'),
    params: cartParams,
    responses: {
      200: shownCart,
      404: { description: 'No such cart of this caller, or it has expired.' },
    },
  },
  async ({ context, params, principal }) =>
    cartReply(await readCart(context, principal, params.id)),
);
