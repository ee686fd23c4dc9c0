import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { createProduct } from './create-product.ts';
import { PRODUCT_HEADERS, presentProduct, productHeaders } from './present-product.ts';
import { product, productRequest } from './schemas.ts';

export const postProduct = route(
  {
    method: 'post',
    path: '/v1/products',
    operationId: 'products.create',
    tag: 'catalog',
    summary: 'Create a product',
    description: 'It is a draft until it is published, and its variants have no stock yet.',
    access: sellers('catalog:write'),
    body: productRequest,
    responses: {
      201: {
        description: 'The draft.',
        schema: product,
        headers: { ...PRODUCT_HEADERS, Location: 'The path of the product.' },
      },
      400: { description: 'Bad input.' },
      409: { description: 'A SKU is taken.' },
      422: { description: 'The variants do not go together: currencies, or options.' },
    },
  },
  async (input) => {
    const created = await createProduct(input, input.body);
    return {
      status: 201,
      body: presentProduct({ ...created, available: new Map() }),
      headers: { ...productHeaders(created), location: `/v1/products/${created._id}` },
    };
  },
);
