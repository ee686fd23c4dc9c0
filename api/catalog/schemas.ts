import { z } from '@hono/zod-openapi';
import { currency } from '../../shared/contract/currency.ts';
import { PRICE_MAX, VARIANTS_PER_PRODUCT_MAX } from '../../shared/contract/limits.ts';
import { PRODUCT_TYPES } from '../../shared/contract/product-registry.ts';

const TITLE_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 10_000;
const SKU_LENGTH_MAX = 64;
const OPTIONS_MAX = 10;
const OPTION_LENGTH_MAX = 100;

const title = z.string().max(TITLE_LENGTH_MAX).regex(/\S/, 'Not blank.').trim();
const typeName = z.enum(PRODUCT_TYPES.map((type) => type.name) as [string, ...string[]]);
const status = z.enum(['draft', 'published']);

const OPTION_NAME = /^[A-Za-z][A-Za-z0-9 _-]{0,39}$/;
const optionName = z.string().regex(OPTION_NAME, 'A short word.');
// Apart from the call, whose type knows OpenAPI 3.0 only.
const optionsDocument = {
  maxProperties: OPTIONS_MAX,
  propertyNames: { pattern: OPTION_NAME.source },
  example: { size: 'M', colour: 'navy' },
};
const options = z
  .record(optionName, z.string().min(1).max(OPTION_LENGTH_MAX))
  .refine((given) => Object.keys(given).length <= OPTIONS_MAX, `At most ${OPTIONS_MAX} options.`)
  .openapi(optionsDocument);

const variantRequest = z.strictObject({
  sku: z
    .string()
    .max(SKU_LENGTH_MAX)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'Printable ASCII, no space at the ends.')
    .describe('The shop’s own name for the variant, unique within the shop.'),
  title: title.optional(),
  price: z.int().min(0).max(PRICE_MAX).describe('In minor units.'),
  currency,
  options: options.optional(),
});

const requestOfType = (type: (typeof PRODUCT_TYPES)[number]) =>
  z.strictObject({
    title,
    description: z.string().max(DESCRIPTION_LENGTH_MAX).optional(),
    type: z.literal(type.name),
    attributes: type.attributes.optional(),
    variants: z
      .array(variantRequest)
      .min(1)
      .max(VARIANTS_PER_PRODUCT_MAX)
      .describe('All in one currency.'),
  });

type RequestOfType = ReturnType<typeof requestOfType>;

/** A product as its shop describes it; which attributes it can have depends on its type. */
export const productRequest = z
  .discriminatedUnion(
    'type',
    PRODUCT_TYPES.map(requestOfType) as [RequestOfType, ...RequestOfType[]],
  )
  .openapi('ProductRequest');

export type ProductRequest = z.output<typeof productRequest>;

/** A product as everybody sees it. */
export const product = z
  .object({
    id: z.string(),
    shopId: z.string(),
    title: z.string(),
    description: z.string().optional(),
    type: z.string(),
    attributes: z.record(z.string(), z.unknown()),
    status,
    variants: z.array(
      z.object({
        id: z.string(),
        sku: z.string(),
        title: z.string().optional(),
        price: z.int().describe('In minor units.'),
        currency: z.string(),
        options: z.record(z.string(), z.string()).optional(),
        available: z.int().min(0).describe('Units that can be bought now.'),
      }),
    ),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Product');

/** Filters of the lists of products. */
export const productFilters = {
  type: typeName.optional(),
  shopId: z.string().min(1).max(64).optional(),
};

export const statusFilter = { status: status.optional() };
