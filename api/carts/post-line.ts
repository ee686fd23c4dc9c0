import { storefronts } from '../http/access.ts';
import { changeRefusals, ifMatchHeader, lineRefusals, shownCart } from './cart-responses.ts';
import { route } from './context.ts';
import { cartReply } from './present-cart.ts';
import { cartParams, lineRequest } from './schemas.ts';
import { writeCartLine } from './write-lines.ts';

export const postCartLine = route(
  {
    method: 'post',
    path: '/v1/carts/{id}/lines',
    operationId: 'carts.addLine',
    tag: 'carts',
    summary: 'Add units of a variant to a cart',
    description:
      'Adds to the units that the cart has already. After an unknown outcome, read the cart before ' +
      'you repeat the request, or send `If-Match`.',
    access: storefronts('carts:write'),
    headers: ifMatchHeader,
    params: cartParams,
    body: lineRequest,
    responses: { 200: shownCart, ...lineRefusals, ...changeRefusals },
  },
  async ({ body, c, context, params, principal }) => {
    const target = { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
    return cartReply(await writeCartLine(context, target, { mode: 'add', ...body }));
  },
);
