import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../shared/domain/errors.ts';
import { productsVisibleTo } from '../access/visibility.ts';
import { everyCaller } from '../http/access.ts';
import { route } from './context.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { findProduct } from './product-store.ts';
import { product } from './schemas.ts';

export const getProduct = route(
  {
    method: 'get',
    path: '/v1/products/{id}',
    operationId: 'products.get',
    tag: 'catalog',
    summary: 'Get a product',
    description: 'A published product, or a draft of the caller’s own shop.',
    access: everyCaller('catalog:read'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The product.', schema: product, headers: PRODUCT_HEADERS },
      404: { description: 'No such product that the caller may see.' },
    },
  },
  async ({ context, params, principal }) => {
    const filter = { _id: params.id, ...productsVisibleTo(principal) };
    const found = await findProduct(context.store, filter);
    if (found === undefined) throw new RefusedError('not_found', 'There is no such product.');
    return { status: 200, body: presentProduct(found), headers: productHeaders(found) };
  },
);
