import { storefronts } from '../http/access.ts';
import { changeRefusals, ifMatchHeader } from './cart-responses.ts';
import { dropCart } from './change-cart.ts';
import { route } from './context.ts';
import { cartParams } from './schemas.ts';

const { 404: notFound, 412: changedSince, 503: unknown } = changeRefusals;

export const deleteCart = route(
  {
    method: 'delete',
    path: '/v1/carts/{id}',
    operationId: 'carts.delete',
    tag: 'carts',
    summary: 'Delete a cart',
    description: 'A checkout of the cart is not affected.',
    access: storefronts('carts:write'),
    headers: ifMatchHeader,
    params: cartParams,
    responses: {
      204: { description: 'The cart is deleted.' },
      ...{ 404: notFound, 412: changedSince, 503: unknown },
    },
  },
  async ({ c, context, params, principal }) => {
    const target = { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
    await dropCart(context, target);
    return { status: 204 };
  },
);
