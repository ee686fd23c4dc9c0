import { storefronts } from '../http/access.ts';
import { changeRefusals, ifMatchHeader, shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { cartReply } from './present-cart.ts';
import { cartLineParams } from './schemas.ts';
import { writeCartLine } from './write-lines.ts';

export const deleteCartLine = route(
  {
    method: 'delete',
    path: '/v1/carts/{id}/lines/{variantId}',
    operationId: 'carts.removeLine',
    tag: 'carts',
    summary: 'Remove a line from a cart',
    description:
      'Has the same effect as setting the quantity to 0. Succeeds if there is no such line.',
    access: storefronts('carts:write'),
    headers: ifMatchHeader,
    params: cartLineParams,
    responses: {
      200: shownCart,
      400: { description: 'The variant id is invalid.' },
      ...changeRefusals,
    },
  },
  async ({ c, context, params, principal }) => {
    const target = { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
    const write = { mode: 'set', variantId: params.variantId, quantity: 0 } as const;
    return cartReply(await writeCartLine(context, target, write));
  },
);
