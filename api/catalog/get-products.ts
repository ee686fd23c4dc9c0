import { z } from '@hono/zod-openapi';
import { everyCaller } from '../http/access.ts';
import { idOfCursor, pageFrom, pageOf, pageQuery } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { presentProduct } from './present-product.ts';
import { listProducts } from './product-store.ts';
import { product, productFilters } from './schemas.ts';

const LIST = 'products';

export const getProducts = route(
  {
    method: 'get',
    path: '/v1/products',
    tag: 'catalog',
    summary: 'List what is for sale',
    description: 'Published products of every shop, newest first.',
    access: everyCaller('catalog:read'),
    query: z.strictObject({ ...pageQuery, ...productFilters }),
    responses: {
      200: { description: 'A page.', schema: pageOf(product) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, query }) => {
    const { limit, cursor, type, shopId } = query;
    const filter = {
      status: 'published',
      ...(type && { type }),
      ...(shopId && { shopId }),
    } as const;
    const after = idOfCursor(LIST, cursor);
    const found = await listProducts(context.store, filter, { limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentProduct) };
  },
);
