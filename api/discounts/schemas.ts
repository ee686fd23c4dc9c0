import { z } from '@hono/zod-openapi';
import { currency } from '../../shared/contract/iso-codes.ts';
import {
  DISCOUNT_CODE_LENGTH_MAX,
  DISCOUNT_PRODUCTS_MAX,
  DISCOUNT_USES_MAX,
} from '../../shared/contract/limits.ts';
import { metadata, metadataChanges } from '../../shared/contract/metadata.ts';
import { moment } from '../../shared/contract/moment.ts';
import { resourceId } from '../../shared/contract/text.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { pageQuery } from '../http/paging.ts';
import { discountChangesExample, discountExample, discountRequestExample } from './examples.ts';

/**
 * Allows only visible characters, because people type codes from paper. Some letters, marks and
 * symbols are invisible, such as fillers, variation selectors and the braille blank.
 */
const CODE = /^(?:(?![\p{DI}\u2800])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u;
const NOT_A_CODE = 'A code consists of visible letters, digits and punctuation, without blanks.';
// Replaces `CODE` in the OpenAPI document, because many regex dialects lack its character classes.
const NO_BLANKS = /^\S+$/;
const code = z
  .string()
  .max(DISCOUNT_CODE_LENGTH_MAX)
  .trim()
  .regex(NO_BLANKS, { error: NOT_A_CODE, abort: true })
  .refine((text) => CODE.test(text), NOT_A_CODE)
  .openapi({
    description:
      'Visible letters, digits, punctuation and symbols, without blanks. Case does not matter. Unique among the discounts of the shop that are not cancelled.',
  });

const kind = z.enum(['percentage', 'fixed']).openapi('DiscountKind');
const value = z
  .number()
  .positive()
  .max(AMOUNT_MAX)
  .describe(
    'For `percentage`, a number up to 100 with at most two decimals; for `fixed`, an amount in minor units.',
  );
const uses = z.int().min(1).max(DISCOUNT_USES_MAX);
const amount = z.int().max(AMOUNT_MAX);
const minimumSubtotal = amount
  .min(0)
  .describe(
    'The minimum subtotal of the lines that the discount applies to, before discounts, in minor units.',
  );
const maximumDiscount = amount
  .min(1)
  .describe('The maximum that the discount takes off one checkout, in minor units.');
const combinable = z
  .boolean()
  .describe('Whether the discount can be used together with other combinable discounts.');
const onlyCurrency = currency.describe('Limits the discount to checkouts in this currency.');
const allProducts = z.literal('all').openapi('AllProducts');
const appliesTo = z
  .union([
    allProducts,
    z
      .strictObject({
        productIds: z
          .array(resourceId)
          .min(1)
          .max(DISCOUNT_PRODUCTS_MAX)
          .describe('Products of the shop.'),
      })
      .openapi('TheseProducts'),
  ])
  .describe('The products that the discount applies to: all products of the shop, or these.')
  .openapi('AppliesTo');

/** The body of a request that creates a discount. */
export const discountRequest = z
  .strictObject({
    code,
    kind,
    value,
    startsAt: moment,
    endsAt: moment.describe('The discount is no longer valid from this time.'),
    usageLimit: uses.optional().describe('The number of orders that can use the discount.'),
    usageLimitPerBuyer: uses
      .optional()
      .describe('The number of orders of one buyer that can use the discount.'),
    minimumSubtotal: minimumSubtotal.optional(),
    maximumDiscount: maximumDiscount.optional(),
    currency: onlyCurrency.optional(),
    appliesTo,
    combinable: combinable.optional(),
    metadata: metadata.optional(),
  })
  .openapi('DiscountRequest', { example: discountRequestExample });

export type DiscountRequest = z.output<typeof discountRequest>;

/** The fields of a discount to change. Other fields stay the same. */
export const discountChanges = z
  .strictObject({
    kind: kind.optional(),
    value: value.optional(),
    startsAt: moment.optional(),
    endsAt: moment.optional(),
    usageLimit: uses.nullable().optional().describe('`null` removes the limit.'),
    usageLimitPerBuyer: uses.nullable().optional().describe('`null` removes the limit.'),
    minimumSubtotal: minimumSubtotal.nullable().optional(),
    maximumDiscount: maximumDiscount.nullable().optional(),
    currency: onlyCurrency.nullable().optional(),
    appliesTo: appliesTo.optional(),
    combinable: combinable.optional(),
    metadata: metadataChanges.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Name at least one field to change.')
  .openapi('DiscountChanges', { example: discountChangesExample, minProperties: 1 });

export type DiscountChanges = z.output<typeof discountChanges>;

const status = z.enum(['scheduled', 'active', 'ended', 'cancelled']).openapi('DiscountStatus');

/** A discount in responses to its shop. */
export const discount = z
  .object({
    id: z.string(),
    shopId: z.string(),
    code: z.string(),
    kind,
    value: z.number(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    usageLimit: z.int().optional(),
    usageLimitPerBuyer: z.int().optional(),
    minimumSubtotal: z.int().optional(),
    maximumDiscount: z.int().optional(),
    currency: z.string().optional(),
    appliesTo,
    combinable: z.boolean(),
    metadata: metadata.optional(),
    status: status.describe(
      'Depends on the times, not on the uses: a discount that is used up can be `active`.',
    ),
    uses: z
      .int()
      .min(0)
      .describe('Orders with the discount that are pending, confirmed, shipped or delivered.'),
    remaining: z.int().min(0).optional().describe('The uses left of `usageLimit`.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    cancelledAt: z.iso.datetime().optional(),
  })
  .openapi('Discount', { example: discountExample });

/** Query parameters of the list of discounts. */
export const discountsQuery = z.strictObject({
  ...pageQuery,
  status: status.optional(),
  code: z
    .string()
    .min(1)
    .max(DISCOUNT_CODE_LENGTH_MAX)
    .optional()
    .describe('Case does not matter.'),
});

export type DiscountsQuery = z.output<typeof discountsQuery>;
