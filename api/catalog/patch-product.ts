import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { IF_MATCH } from '../http/etag.ts';
import { route } from './context.ts';
import { editProduct } from './edit-product.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { product, productChanges } from './schemas.ts';

export const patchProduct = route(
  {
    method: 'patch',
    path: '/v1/products/{id}',
    operationId: 'products.update',
    tag: 'catalog',
    summary: 'Edit a product',
    description:
      'Changes the given fields. `attributes` and `variants` are replaced as a whole. Checkouts ' +
      'accepted earlier keep their prices.',
    access: sellers('catalog:write'),
    headers: z.object({ 'If-Match': z.string().optional().describe(IF_MATCH) }),
    params: z.object({ id: z.string() }),
    body: productChanges,
    responses: {
      200: {
        description: 'The product after the change.',
        schema: product,
        headers: PRODUCT_HEADERS,
      },
      400: { description: 'Bad input.' },
      404: { description: 'No such product of the caller’s shop.' },
      409: { description: 'A SKU is taken, or a variant that is left out has stock.' },
      412: { description: 'It has been changed since (`precondition_failed`).' },
      422: { description: 'The variants do not go together, or one is not this product’s.' },
    },
  },
  async (input) => {
    const { body, c, params } = input;
    const edit = { productId: params.id, ifMatch: c.req.header('if-match'), changes: body };
    const edited = await editProduct(input, edit);
    return { status: 200, body: presentProduct(edited), headers: productHeaders(edited) };
  },
);
