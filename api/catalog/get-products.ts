import { everyCaller } from '../http/access.ts';
import { toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { listProducts } from './listing/list-products.ts';
import { productListQuery } from './listing/list-query.ts';
import { presentProduct } from './present-product.ts';
import { product, shopFilter } from './schemas.ts';

export const getProducts = route(
  {
    method: 'get',
    path: '/v1/products',
    operationId: 'products.list',
    tag: 'catalog',
    summary: 'List and search products for sale',
    description: 'Published products of every shop.',
    access: everyCaller('catalog:read'),
    query: productListQuery(shopFilter),
    responses: {
      200: { description: 'A page.', schema: toPage(product) },
      400: { description: 'Bad input, or a cursor of another list, filter or order.' },
    },
  },
  async ({ context, query }) => {
    const { shopId, ...filters } = query;
    const among = { status: 'published', ...(shopId && { shopId }) } as const;
    const page = await listProducts(context.store, { name: 'products', among, filters });
    return { status: 200, body: { ...page, items: page.items.map(presentProduct) } };
  },
);
