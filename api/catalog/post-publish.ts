import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { IF_MATCH } from '../http/etag.ts';
import type { Route } from '../http/route.ts';
import { setProductStatus } from './change-product.ts';
import { type CatalogContext, route } from './context.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { product } from './schemas.ts';

interface StatusRoute {
  readonly name: 'publish' | 'unpublish';
  readonly status: 'published' | 'draft';
  readonly summary: string;
  readonly description: string;
}

function statusRoute({ name, status, summary, description }: StatusRoute): Route<CatalogContext> {
  return route(
    {
      method: 'post',
      path: `/v1/products/{id}/${name}`,
      operationId: `products.${name}`,
      tag: 'catalog',
      summary,
      description,
      access: sellers('catalog:write'),
      headers: z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) }),
      params: z.object({ id: z.string() }),
      responses: {
        200: {
          description: 'The product after the change.',
          schema: product,
          headers: PRODUCT_HEADERS,
        },
        404: { description: 'No such product of the caller’s shop.' },
        412: { description: 'It has been changed since (`precondition_failed`).' },
      },
    },
    async (input) => {
      const { c, params } = input;
      const target = { productId: params.id, ifMatch: c.req.header('if-match') };
      const changed = await setProductStatus(input, { ...target, status });
      return { status: 200, body: presentProduct(changed), headers: productHeaders(changed) };
    },
  );
}

export const postPublish = statusRoute({
  name: 'publish',
  status: 'published',
  summary: 'Put a product on sale',
  description: 'Repeating the call changes nothing.',
});

export const postUnpublish = statusRoute({
  name: 'unpublish',
  status: 'draft',
  summary: 'Take a product off sale',
  description:
    'It becomes a draft again. Checkouts that are not settled yet are rejected as ' +
    '`product_unavailable`.',
});
