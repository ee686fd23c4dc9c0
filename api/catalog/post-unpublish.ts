import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from '../http/route.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { product } from './schemas.ts';
import { setProductStatus } from './set-product-status.ts';

export const postUnpublish = route(
  {
    method: 'post',
    path: '/v1/products/{id}/unpublish',
    tag: 'catalog',
    summary: 'Take a product off sale',
    description:
      'It is a draft again. Checkouts that are not settled yet are rejected as product_unavailable.',
    access: sellers('catalog:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: {
        description: 'The product as it now stands.',
        schema: product,
        headers: PRODUCT_HEADERS,
      },
      404: { description: 'No such product of the caller’s shop.' },
    },
  },
  async (input) => {
    const change = { productId: input.params.id, status: 'draft' } as const;
    const changed = await setProductStatus(input, change);
    return { status: 200, body: presentProduct(changed), headers: productHeaders(changed) };
  },
);
