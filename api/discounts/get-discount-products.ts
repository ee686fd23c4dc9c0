import { z } from '@hono/zod-openapi';
import { presentProduct } from '../catalog/present-product.ts';
import { product } from '../catalog/schemas.ts';
import { sellers } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { findDiscount, listDiscounted } from './discount-store.ts';

export const getDiscountProducts = route(
  {
    method: 'get',
    path: '/v1/discounts/{id}/products',
    operationId: 'discounts.listProducts',
    tag: 'discounts',
    summary: 'List the products that a discount applies to',
    description:
      'Newest first: the products that it names, drafts included, or all published products of the ' +
      'shop.',
    access: sellers('discounts:write'),
    params: z.object({ id: z.string() }),
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: toPage(product) },
      400: { description: 'Bad input, or a cursor of another list.' },
      404: { description: 'No such discount of the caller’s shop.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const { limit, cursor } = query;
    const found = await findDiscount(context.store, principal, params.id);
    const list = `products of ${found._id}`;
    const page = { limit, after: idFromCursor(list, cursor) };
    const products = await listDiscounted(context.store, principal, found, page);
    return { status: 200, body: pageFrom(list, products, limit, presentProduct) };
  },
);
