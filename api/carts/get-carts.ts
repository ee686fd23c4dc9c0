import { z } from '@hono/zod-openapi';
import { buyerId } from '../access/buyer.ts';
import { storefronts } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { listCarts } from './cart-store.ts';
import { route } from './context.ts';
import { summariseCart } from './present-cart.ts';
import { cartSummary } from './schemas.ts';

const LIST = 'carts';

export const getCarts = route(
  {
    method: 'get',
    path: '/v1/carts',
    operationId: 'carts.list',
    tag: 'carts',
    summary: 'List carts',
    description: 'Lists the carts of all keys of the shop, or the buyer’s own carts, newest first.',
    access: storefronts('carts:write'),
    query: z.strictObject({ ...pageQuery, buyerId: buyerId.optional() }),
    responses: {
      200: { description: 'A page.', schema: toPage(cartSummary) },
      400: { description: 'Invalid input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, buyerId: ofBuyer } = query;
    const reader = { principal, now: context.clock.now() };
    const page = { buyerId: ofBuyer, limit, after: idFromCursor(LIST, cursor) };
    const found = await listCarts(context.store, reader, page);
    return { status: 200, body: pageFrom(LIST, found, limit, summariseCart) };
  },
);
