import { z } from '@hono/zod-openapi';
import { shopExample } from '../access/examples.ts';
import { productExample } from '../catalog/examples.ts';
import { quantityRule } from '../catalog/schemas.ts';

const { id: productId, title: productTitle, shopId, variants } = productExample;
const variantExample = {
  ...variants[0],
  ...{ productId, productTitle, shopId, shopName: shopExample.name, status: 'published' },
};

/** A variant by itself, with what of its product and shop is shown beside it. */
export const variant = z
  .object({
    id: z.string(),
    productId: z.string(),
    productTitle: z.string(),
    shopId: z.string(),
    shopName: z.string(),
    status: z.enum(['draft', 'published']).describe('Of its product.'),
    sku: z.string(),
    title: z.string().optional(),
    price: z.int().describe('In minor units.'),
    compareAtPrice: z.int().optional().describe('A higher one to compare it to.'),
    currency: z.string(),
    options: z.record(z.string(), z.string()).optional(),
    quantityRule: quantityRule.optional(),
    available: z.int().min(0).describe('Units that can be bought now.'),
  })
  .openapi('FoundVariant', { example: variantExample });

/** The variants that were found, in the order asked, and the ids of the others. */
export const variantBatch = z
  .object({
    items: z.array(variant),
    notFound: z.array(z.string()).describe('Ids of no variant that the caller may see.'),
  })
  .openapi('VariantBatch', { example: { items: [variantExample], notFound: [] } });
