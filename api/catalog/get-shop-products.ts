import { z } from '@hono/zod-openapi';
import { productsOwnedBy } from '../access/visibility.ts';
import { sellers } from '../http/access.ts';
import { idOfCursor, pageFrom, pageOf, pageQuery } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { presentProduct } from './present-product.ts';
import { listProducts } from './product-store.ts';
import { product, statusFilter } from './schemas.ts';

const LIST = 'shop-products';

export const getShopProducts = route(
  {
    method: 'get',
    path: '/v1/shop/products',
    tag: 'catalog',
    summary: 'List the shop’s own products',
    description: 'Drafts and published ones, newest first.',
    access: sellers('catalog:read'),
    query: z.strictObject({ ...pageQuery, ...statusFilter }),
    responses: {
      200: { description: 'A page.', schema: pageOf(product) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, status } = query;
    const filter = { ...productsOwnedBy(principal), ...(status && { status }) };
    const after = idOfCursor(LIST, cursor);
    const found = await listProducts(context.store, filter, { limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentProduct) };
  },
);
