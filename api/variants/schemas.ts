import { z } from '@hono/zod-openapi';
import { shopExample } from '../access/examples.ts';
import { productExample } from '../catalog/examples.ts';
import { variantFieldsShown } from '../catalog/schemas.ts';

const { id: productId, title: productTitle, shopId, variants } = productExample;
const variantExample = {
  ...variants[0],
  ...{ productId, productTitle, shopId, shopName: shopExample.name, status: 'published' },
};

/** A variant with fields of its product and shop. */
export const variant = z
  .object({
    ...variantFieldsShown,
    productId: z.string(),
    productTitle: z.string(),
    shopId: z.string(),
    shopName: z.string(),
    status: z.enum(['draft', 'published']).describe('The status of its product.'),
  })
  .openapi('FoundVariant', { example: variantExample });

/** The variants that were found, in the order of the request, and the ids that were not found. */
export const variantBatch = z
  .object({
    items: z.array(variant),
    notFound: z
      .array(z.string())
      .describe('The ids that belong to no variant that the caller may see.'),
  })
  .openapi('VariantBatch', { example: { items: [variantExample], notFound: [] } });
