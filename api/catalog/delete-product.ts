import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { IF_MATCH } from '../http/etag.ts';
import { setProductStatus } from './change-product.ts';
import { route } from './context.ts';

export const deleteProduct = route(
  {
    method: 'delete',
    path: '/v1/products/{id}',
    operationId: 'products.delete',
    tag: 'catalog',
    summary: 'Delete a product',
    description:
      'It is no longer found, listed or sold, and its SKUs are free. Orders keep their lines, and ' +
      'can still be confirmed and cancelled. Stock and movements of its variants stay.',
    access: sellers('catalog:write'),
    headers: z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) }),
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is deleted.' },
      404: { description: 'No such product of the caller’s shop, or it was deleted before.' },
      412: { description: 'It has been changed since (`precondition_failed`).' },
    },
  },
  async (input) => {
    const { c, params } = input;
    const target = { productId: params.id, ifMatch: c.req.header('if-match') };
    await setProductStatus(input, { ...target, status: 'deleted' });
    return { status: 204 };
  },
);
