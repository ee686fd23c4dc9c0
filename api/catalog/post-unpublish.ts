import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { IF_MATCH } from '../http/etag.ts';
import { route } from '../http/route.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { product } from './schemas.ts';
import { setProductStatus } from './set-product-status.ts';

export const postUnpublish = route(
  {
    method: 'post',
    path: '/v1/products/{id}/unpublish',
    operationId: 'products.unpublish',
    tag: 'catalog',
    summary: 'Take a product off sale',
    description:
      'It is a draft again. Checkouts that are not settled yet are rejected as product_unavailable.',
    access: sellers('catalog:write'),
    headers: z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) }),
    params: z.object({ id: z.string() }),
    responses: {
      200: {
        description: 'The product as it now stands.',
        schema: product,
        headers: PRODUCT_HEADERS,
      },
      404: { description: 'No such product of the caller’s shop.' },
      412: { description: 'It has been changed since (`precondition_failed`).' },
    },
  },
  async (input) => {
    const { c, params } = input;
    const changed = await setProductStatus(input, {
      productId: params.id,
      ifMatch: c.req.header('if-match'),
      status: 'draft',
    });
    return { status: 200, body: presentProduct(changed), headers: productHeaders(changed) };
  },
);
