import { productsOwnedBy } from '../access/visibility.ts';
import { sellers } from '../http/access.ts';
import { toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { listProducts } from './listing/list-products.ts';
import { productListQuery } from './listing/list-query.ts';
import { presentProduct } from './present-product.ts';
import { product, statusFilter } from './schemas.ts';

export const getShopProducts = route(
  {
    method: 'get',
    path: '/v1/shop/products',
    operationId: 'products.listOwn',
    tag: 'catalog',
    summary: 'List and search the shop’s own products',
    description: 'Drafts and published products.',
    access: sellers('catalog:read'),
    query: productListQuery(statusFilter),
    responses: {
      200: { description: 'A page.', schema: toPage(product) },
      400: { description: 'Bad input, or a cursor of another list, filter or order.' },
    },
  },
  async ({ context, principal, query }) => {
    const { status, ...filters } = query;
    const among = { ...productsOwnedBy(principal), ...(status && { status }) };
    const page = await listProducts(context.store, { name: 'shop-products', among, filters });
    return { status: 200, body: { ...page, items: page.items.map(presentProduct) } };
  },
);
