import { z } from '@hono/zod-openapi';
import { currency } from '../../shared/contract/iso-codes.ts';
import {
  LINE_QUANTITY_MAX,
  PRICE_MAX,
  VARIANTS_PER_PRODUCT_MAX,
} from '../../shared/contract/limits.ts';
import { media, tags } from '../../shared/contract/media.ts';
import { metadata, metadataChanges } from '../../shared/contract/metadata.ts';
import { moment } from '../../shared/contract/moment.ts';
import { namedTexts } from '../../shared/contract/named-texts.ts';
import { PRODUCT_TYPES } from '../../shared/contract/product-registry.ts';
import { humanText, longText, resourceId } from '../../shared/contract/text.ts';
import { productChangesExample, productExample, productRequestExample } from './examples.ts';
import { exceededLimit, purchaseLimit } from './limit-schemas.ts';

const TITLE_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 10_000;
const SKU_LENGTH_MAX = 64;
const OPTIONS_MAX = 10;
const OPTION_LENGTH_MAX = 100;

const title = humanText(TITLE_LENGTH_MAX);
/** The names of all product types. */
export const typeName = z
  .enum(PRODUCT_TYPES.map((type) => type.name) as [string, ...string[]])
  .openapi('ProductType');
const status = z.enum(['draft', 'published']).openapi('ProductStatus');

// A separate constant, because the parameter's type knows OpenAPI 3.0 only.
const optionsDocument = {
  maxProperties: OPTIONS_MAX,
  example: { size: 'M', colour: 'navy' },
};
const options = namedTexts({ namesMax: OPTIONS_MAX, lengthMax: OPTION_LENGTH_MAX }).openapi(
  optionsDocument,
);

const MINOR_UNITS = 'It must be a whole number of minor units, such as 1250 for £12.50.';
/** A price that is missing or out of range gets the general message. */
const minorUnits = z.int({
  error: ({ code, input }) =>
    input === undefined || code === 'too_small' || code === 'too_big' ? undefined : MINOR_UNITS,
});

const compareAtPrice = minorUnits
  .max(PRICE_MAX)
  .optional()
  .describe('An earlier price, or the price elsewhere, in minor units. Higher than `price`.');

const ruleUnits = z.int().min(1).max(LINE_QUANTITY_MAX).optional();
/** The quantities in which a variant is sold. */
export const quantityRule = z
  .strictObject({ min: ruleUnits, max: ruleUnits, step: ruleUnits })
  .describe('Sold in multiples of `step`, from `min` to `max` units, which are multiples too.')
  .openapi('QuantityRule');

/** A shop's name for a variant: printable ASCII. */
export const sku = z
  .string()
  .max(SKU_LENGTH_MAX)
  .regex(
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    'It must be printable ASCII, without a space at the start or end.',
  );

const variantFields = {
  sku: sku.describe('The shop’s name for the variant, unique within the shop.'),
  title: title.optional(),
  price: minorUnits.min(0).max(PRICE_MAX).describe('In minor units.'),
  compareAtPrice,
  currency,
  options: options.optional(),
  quantityRule: quantityRule.optional(),
  purchaseLimit: purchaseLimit.optional(),
};

const tagsField = tags.optional();
const mediaField = media.optional();

interface Prices {
  readonly price: number;
  readonly compareAtPrice?: number | undefined;
}

const hasValidCompareAtPrice = ({ price, compareAtPrice }: Prices) =>
  compareAtPrice === undefined || compareAtPrice > price;
const COMPARE_AT_PRICE_TOO_LOW = {
  path: ['compareAtPrice'],
  message: 'It must be higher than the price.',
};

const variantRequest = z
  .strictObject({ ...variantFields, metadata: metadata.optional() })
  .refine(hasValidCompareAtPrice, COMPARE_AT_PRICE_TOO_LOW)
  .openapi('VariantRequest');

const variantChange = z
  .strictObject({
    id: resourceId
      .optional()
      .describe(
        'The id of an existing variant. Without an id, the SKU identifies an existing variant.',
      ),
    ...variantFields,
    metadata: metadataChanges.optional(),
  })
  .refine(hasValidCompareAtPrice, COMPARE_AT_PRICE_TOO_LOW)
  .openapi('VariantChange');

const description = longText(DESCRIPTION_LENGTH_MAX);

function componentName(type: string): string {
  return type.replace(/(?:^|[^a-z0-9])([a-z0-9])/gi, (_, first: string) => first.toUpperCase());
}

const times = {
  publishAt:
    'When a draft is published automatically: usually within milliseconds, or within seconds if ' +
    'many drafts have the same time.',
  saleFrom: 'When the sale starts. A published product is shown earlier.',
  saleUntil: 'When the sale ends.',
};
const timesRequest = {
  publishAt: moment.optional().describe(times.publishAt),
  saleFrom: moment.optional().describe(times.saleFrom),
  saleUntil: moment.optional().describe(times.saleUntil),
};
const timesChanges = {
  publishAt: moment.nullable().optional().describe(`${times.publishAt} \`null\` removes it.`),
  saleFrom: moment.nullable().optional().describe(`${times.saleFrom} \`null\` removes it.`),
  saleUntil: moment.nullable().optional().describe(`${times.saleUntil} \`null\` removes it.`),
};
const shownTime = z.iso.datetime().optional();

/** The request schema of a product type, named for typed clients, e.g. `ClothingProductRequest`. */
const requestOfType = (type: (typeof PRODUCT_TYPES)[number]) =>
  z
    .strictObject({
      title,
      description: description.optional(),
      type: z.literal(type.name),
      // With zod's own `meta`: schemas that were created before zod was extended lack `openapi`.
      attributes: type.attributes.meta({ id: `${componentName(type.name)}Attributes` }).optional(),
      variants: z
        .array(variantRequest)
        .min(1)
        .max(VARIANTS_PER_PRODUCT_MAX)
        .describe('All in one currency.'),
      purchaseLimit: purchaseLimit.optional(),
      ...timesRequest,
      tags: tagsField,
      media: mediaField,
      metadata: metadata.optional(),
    })
    .openapi(`${componentName(type.name)}ProductRequest`);

type RequestOfType = ReturnType<typeof requestOfType>;

/** The body of a request that creates a product. Its type determines the attributes. */
export const productRequest = z
  .discriminatedUnion(
    'type',
    PRODUCT_TYPES.map(requestOfType) as [RequestOfType, ...RequestOfType[]],
  )
  .openapi('ProductRequest', { example: productRequestExample });

export type ProductRequest = z.output<typeof productRequest>;

/** The fields of a product to change. Other fields stay. */
export const productChanges = z
  .strictObject({
    title: title.optional(),
    description: description.nullable().optional().describe('`null` removes it.'),
    attributes: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('All attributes, as the product’s type defines them.'),
    variants: z
      .array(variantChange)
      .min(1)
      .max(VARIANTS_PER_PRODUCT_MAX)
      .optional()
      .describe(
        'All variants. Existing variants, matched by `id` or SKU, keep their id and stock. New ' +
          'variants have no stock. Variants that are left out are removed.',
      ),
    purchaseLimit: purchaseLimit
      .nullable()
      .optional()
      .describe('The limit of all variants together. `null` removes it.'),
    ...timesChanges,
    tags: tagsField.describe('All tags.'),
    media: mediaField.describe('All images and videos.'),
    metadata: metadataChanges.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Name at least one field to change.')
  .openapi('ProductChanges', { example: productChangesExample, minProperties: 1 });

export type ProductChanges = z.output<typeof productChanges>;

const shownMetadata = metadata.optional().describe('Only in responses to the shop itself.');

/** The fields of a variant in responses. */
export const variantFieldsShown = {
  id: z.string(),
  sku: z.string(),
  title: z.string().optional(),
  price: z.int().describe('In minor units.'),
  compareAtPrice: z.int().optional().describe('A higher price for comparison.'),
  currency: z.string(),
  options: z.record(z.string(), z.string()).optional(),
  quantityRule: quantityRule.optional(),
  purchaseLimit: purchaseLimit.optional(),
  metadata: shownMetadata,
  available: z
    .int()
    .min(0)
    .describe('Units on hand that are not reserved, whatever the sale times of the product.'),
};

const variant = z.object(variantFieldsShown).openapi('Variant');

/** A product in responses. */
export const product = z
  .object({
    id: z.string(),
    shopId: z.string(),
    title: z.string(),
    description: z.string().optional(),
    type: z.string(),
    attributes: z.record(z.string(), z.unknown()),
    status,
    variants: z.array(variant),
    purchaseLimit: purchaseLimit.optional(),
    exceededLimits: z
      .array(exceededLimit)
      .optional()
      .describe(
        'Only in the response to an edit: the limits that are below what some buyers have bought, ' +
          'among the latest 10,000 orders of the shop that count. Those orders stay; the limits apply ' +
          'from now on.',
      ),
    exceededLimitsIncomplete: z
      .boolean()
      .optional()
      .describe(
        'More limits than those in `exceededLimits` may be below what some buyers have bought: the ' +
          'shop has more than 10,000 orders that count, or its orders could not be read in time. The ' +
          'edit is stored.',
      ),
    publishAt: shownTime.describe(times.publishAt),
    saleFrom: shownTime.describe(times.saleFrom),
    saleUntil: shownTime.describe(times.saleUntil),
    tags: tagsField,
    media: mediaField,
    metadata: shownMetadata,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Product', { example: productExample });

/** The additional filter of the list of the shop's own products. */
export const statusFilter = { status: status.optional() };

/** The additional filter of the list of products for sale. */
export const shopFilter = { shopId: resourceId.optional() };
