import { storefronts } from '../http/access.ts';
import { changeRefusals, ifMatchHeader, shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { cartReply } from './present-cart.ts';
import { cartParams } from './schemas.ts';
import { acknowledgeCart } from './write-lines.ts';

export const postAcknowledge = route(
  {
    method: 'post',
    path: '/v1/carts/{id}/acknowledge',
    operationId: 'carts.acknowledge',
    tag: 'carts',
    summary: 'Read a cart and acknowledge its prices',
    description:
      'The response contains each `price_changed` one last time. Call it when the buyer sees the cart.',
    access: storefronts('carts:write'),
    headers: ifMatchHeader,
    params: cartParams,
    responses: { 200: shownCart, ...changeRefusals },
  },
  async ({ c, context, params, principal }) => {
    const target = { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
    return cartReply(await acknowledgeCart(context, target));
  },
);
