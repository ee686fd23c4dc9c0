import { storefronts } from '../http/access.ts';
import { changeRefusals, ifMatchHeader, lineRefusals, shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { cartReply } from './present-cart.ts';
import { cartLineParams, quantityRequest } from './schemas.ts';
import { writeCartLine } from './write-lines.ts';

export const putCartLine = route(
  {
    method: 'put',
    path: '/v1/carts/{id}/lines/{variantId}',
    operationId: 'carts.setLine',
    tag: 'carts',
    summary: 'Set the quantity of a variant in a cart',
    description:
      'Creates the line if there is none; 0 removes it. The request can be repeated safely.',
    access: storefronts('carts:write'),
    headers: ifMatchHeader,
    params: cartLineParams,
    body: quantityRequest,
    responses: { 200: shownCart, ...lineRefusals, ...changeRefusals },
  },
  async ({ body, c, context, params, principal }) => {
    const target = { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
    const write = { mode: 'set', variantId: params.variantId, quantity: body.quantity } as const;
    return cartReply(await writeCartLine(context, target, write));
  },
);
