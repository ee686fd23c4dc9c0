import { z } from '@hono/zod-openapi';
import { currency } from '../../shared/contract/iso-codes.ts';
import {
  LINE_QUANTITY_MAX,
  PRICE_MAX,
  VARIANTS_PER_PRODUCT_MAX,
} from '../../shared/contract/limits.ts';
import { PRODUCT_TYPES } from '../../shared/contract/product-registry.ts';
import { humanText, longText } from '../../shared/contract/text.ts';
import { productChangesExample, productExample, productRequestExample } from './examples.ts';

const TITLE_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 10_000;
const SKU_LENGTH_MAX = 64;
const OPTIONS_MAX = 10;
const OPTION_LENGTH_MAX = 100;

const title = humanText(TITLE_LENGTH_MAX);
/** Names of the product types that there are. */
export const typeName = z
  .enum(PRODUCT_TYPES.map((type) => type.name) as [string, ...string[]])
  .openapi('ProductType');
const status = z.enum(['draft', 'published']).openapi('ProductStatus');

const OPTION_NAME_LENGTH_MAX = 40;
/** Begins with a letter or digit of any script; goes on with all that can be seen, and blanks. */
const OPTION_NAME =
  /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} \u200c\u200d]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$/u;
/** What an option can be called, for those who chose another name. */
export const OPTION_NAME_WORDS =
  `An option's name begins with a letter or digit, has ${OPTION_NAME_LENGTH_MAX} characters at ` +
  'most, and no line breaks, “.” or “$”.';
const toOptionName = (name: string) => name.normalize('NFC').trim();
/** Whether a name that is normalized and trimmed can be an option's. */
export const isOptionName = (name: string) =>
  name.length <= OPTION_NAME_LENGTH_MAX && OPTION_NAME.test(name) && !/[.$]/.test(name);
/** Equal for names that differ in nothing but letter case or width. */
const foldedOptionName = (name: string) =>
  toOptionName(name.normalize('NFKC').toUpperCase().toLowerCase());

function checkOptionNames(given: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx): void {
  const issue = (path: string[], message: string) =>
    ctx.addIssue({ code: 'custom', path, message });
  const names = Object.keys(given);
  if (names.length > OPTIONS_MAX) issue([], `At most ${OPTIONS_MAX} options.`);
  const bad = names.filter((name) => !isOptionName(toOptionName(name)));
  for (const name of bad.slice(0, OPTIONS_MAX)) {
    issue([name.slice(0, OPTION_NAME_LENGTH_MAX)], OPTION_NAME_WORDS);
  }
  if (new Set(names.map(foldedOptionName)).size === names.length) return;
  issue([], 'Option names must differ in more than letter case.');
}

// Apart from the call, whose type knows OpenAPI 3.0 only.
const optionsDocument = {
  description: `${OPTION_NAME_WORDS} Names are normalized (NFC) and trimmed.`,
  maxProperties: OPTIONS_MAX,
  example: { size: 'M', colour: 'navy' },
};
const options = z
  .record(z.string(), humanText(OPTION_LENGTH_MAX))
  .superRefine(checkOptionNames)
  .overwrite((given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [toOptionName(name), value])),
  )
  .openapi(optionsDocument);

const MINOR_UNITS = 'It must be a whole number of minor units, such as 1250 for £12.50.';
/** Leaves it to the general words to say that a price is missing. */
const minorUnits = z.int({
  error: ({ input }) => (input === undefined ? undefined : MINOR_UNITS),
});

const compareAtPrice = minorUnits
  .max(PRICE_MAX)
  .optional()
  .describe('What it cost before, or costs elsewhere: more than `price`. In minor units.');

const ruleUnits = z.int().min(1).max(LINE_QUANTITY_MAX).optional();
/** In which quantities a variant is sold. */
export const quantityRule = z
  .strictObject({ min: ruleUnits, max: ruleUnits, step: ruleUnits })
  .describe('Sold from `min` to `max` units, both multiples of `step`, in multiples of `step`.')
  .openapi('QuantityRule');

/** A SKU as it is written. */
export const sku = z
  .string()
  .max(SKU_LENGTH_MAX)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'Printable ASCII, no space at the ends.');

const variantFields = {
  sku: sku.describe('The shop’s own name for the variant, unique within the shop.'),
  title: title.optional(),
  price: minorUnits.min(0).max(PRICE_MAX).describe('In minor units.'),
  compareAtPrice,
  currency,
  options: options.optional(),
  quantityRule: quantityRule.optional(),
};

interface Prices {
  readonly price: number;
  readonly compareAtPrice?: number | undefined;
}

const isReduced = ({ price, compareAtPrice }: Prices) =>
  compareAtPrice === undefined || compareAtPrice > price;
const NOT_REDUCED = { path: ['compareAtPrice'], message: 'Not more than the price.' };

const variantRequest = z
  .strictObject(variantFields)
  .refine(isReduced, NOT_REDUCED)
  .openapi('VariantRequest');

const variantChange = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('Of the variant that is kept; without it the one with this SKU is.'),
    ...variantFields,
  })
  .refine(isReduced, NOT_REDUCED)
  .openapi('VariantChange');

const description = longText(DESCRIPTION_LENGTH_MAX);

function componentName(type: string): string {
  return type.replace(/(?:^|[^a-z0-9])([a-z0-9])/gi, (_, first: string) => first.toUpperCase());
}

/** `ClothingProductRequest` and the like: a name for clients of typed languages. */
const requestOfType = (type: (typeof PRODUCT_TYPES)[number]) =>
  z
    .strictObject({
      title,
      description: description.optional(),
      type: z.literal(type.name),
      attributes: type.attributes.openapi(`${componentName(type.name)}Attributes`).optional(),
      variants: z
        .array(variantRequest)
        .min(1)
        .max(VARIANTS_PER_PRODUCT_MAX)
        .describe('All in one currency.'),
    })
    .openapi(`${componentName(type.name)}ProductRequest`);

type RequestOfType = ReturnType<typeof requestOfType>;

/** A product as its shop describes it; which attributes it can have depends on its type. */
export const productRequest = z
  .discriminatedUnion(
    'type',
    PRODUCT_TYPES.map(requestOfType) as [RequestOfType, ...RequestOfType[]],
  )
  .openapi('ProductRequest', { example: productRequestExample });

export type ProductRequest = z.output<typeof productRequest>;

/** What a shop changes about a product; what it does not name stays as it is. */
export const productChanges = z
  .strictObject({
    title: title.optional(),
    description: description.nullable().optional().describe('`null` removes it.'),
    attributes: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('All of them, as the product’s type has them.'),
    variants: z
      .array(variantChange)
      .min(1)
      .max(VARIANTS_PER_PRODUCT_MAX)
      .optional()
      .describe(
        'All of them: those that are kept, by `id` or SKU, keep their id and stock; new ones have ' +
          'nothing in stock; those that are left out are removed.',
      ),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Nothing to change.')
  .openapi('ProductChanges', { example: productChangesExample, minProperties: 1 });

export type ProductChanges = z.output<typeof productChanges>;

/** A variant as everybody sees it. */
const variant = z
  .object({
    id: z.string(),
    sku: z.string(),
    title: z.string().optional(),
    price: z.int().describe('In minor units.'),
    compareAtPrice: z.int().optional().describe('A higher one to compare it to.'),
    currency: z.string(),
    options: z.record(z.string(), z.string()).optional(),
    quantityRule: quantityRule.optional(),
    available: z.int().min(0).describe('Units that can be bought now.'),
  })
  .openapi('Variant');

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
    variants: z.array(variant),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Product', { example: productExample });

/** The filter that only the list of the shop's own products has. */
export const statusFilter = { status: status.optional() };

/** The filter that only the list of what is for sale has. */
export const shopFilter = { shopId: z.string().min(1).max(64).optional() };
