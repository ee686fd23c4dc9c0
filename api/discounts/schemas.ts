import { z } from '@hono/zod-openapi';
import { currency } from '../../shared/contract/iso-codes.ts';
import {
  DISCOUNT_CODE_LENGTH_MAX,
  DISCOUNT_PRODUCTS_MAX,
  DISCOUNT_USES_MAX,
} from '../../shared/contract/limits.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { pageQuery } from '../http/paging.ts';
import { discountChangesExample, discountExample, discountRequestExample } from './examples.ts';

const ID_LENGTH_MAX = 64;

/**
 * People type codes from paper: there is nothing in them that cannot be seen. Some letters, marks
 * and signs cannot, such as fillers, variation selectors and the blank of braille.
 */
const CODE = /^(?:(?![\p{DI}\u2800])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u;
const NOT_A_CODE = 'Letters, digits, punctuation; no blanks.';
// What the OpenAPI document can say of `CODE`: many languages have no such classes.
const NO_BLANKS = /^\S+$/;
const code = z
  .string()
  .max(DISCOUNT_CODE_LENGTH_MAX)
  .trim()
  .regex(NO_BLANKS, { error: NOT_A_CODE, abort: true })
  .refine((text) => CODE.test(text), NOT_A_CODE)
  .openapi({
    description:
      'Letters, digits and punctuation that can be seen. Matched without case. No other discount of the shop has it, unless cancelled.',
  });

const kind = z.enum(['percentage', 'fixed']).openapi('DiscountKind');
const value = z
  .number()
  .positive()
  .max(AMOUNT_MAX)
  .describe('Per cent, to the hundredth and up to 100; or an amount in minor units.');
const YEAR_MIN = 1970;
const YEAR_MAX = 9999;
/** Of years beyond, some in UTC have no RFC 3339 form to be shown in. */
const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(
    (at) => at.getUTCFullYear() >= YEAR_MIN && at.getUTCFullYear() <= YEAR_MAX,
    `In UTC it is in a year from ${YEAR_MIN} to ${YEAR_MAX}.`,
  );
const uses = z.int().min(1).max(DISCOUNT_USES_MAX);
const amount = z.int().max(AMOUNT_MAX);
const minimumSubtotal = amount
  .min(0)
  .describe('Of the lines it applies to, before discounts, in minor units.');
const maximumDiscount = amount.min(1).describe('It takes no more off a checkout than this.');
const combinable = z.boolean().describe('Whether it can be used with others that are, too.');
const onlyCurrency = currency.describe('Only checkouts in it; without it, in any.');
const allProducts = z.literal('all').openapi('AllProducts');
const appliesTo = z
  .union([
    allProducts,
    z
      .strictObject({
        productIds: z
          .array(z.string().min(1).max(ID_LENGTH_MAX))
          .min(1)
          .max(DISCOUNT_PRODUCTS_MAX)
          .describe('The shop’s own.'),
      })
      .openapi('TheseProducts'),
  ])
  .describe('What it takes something off: all that the shop sells, or these products.')
  .openapi('AppliesTo');

/** A discount as its shop describes it. */
export const discountRequest = z
  .strictObject({
    code,
    kind,
    value,
    startsAt: moment,
    endsAt: moment.describe('It is good until just before.'),
    usageLimit: uses.optional().describe('Orders that can use it, all together.'),
    usageLimitPerBuyer: uses.optional(),
    minimumSubtotal: minimumSubtotal.optional(),
    maximumDiscount: maximumDiscount.optional(),
    currency: onlyCurrency.optional(),
    appliesTo,
    combinable: combinable.optional(),
  })
  .openapi('DiscountRequest', { example: discountRequestExample });

export type DiscountRequest = z.output<typeof discountRequest>;

/** What a shop changes about a discount; what it does not name stays as it is. */
export const discountChanges = z
  .strictObject({
    kind: kind.optional(),
    value: value.optional(),
    startsAt: moment.optional(),
    endsAt: moment.optional(),
    usageLimit: uses.nullable().optional().describe('`null`, as below, removes it.'),
    usageLimitPerBuyer: uses.nullable().optional(),
    minimumSubtotal: minimumSubtotal.nullable().optional(),
    maximumDiscount: maximumDiscount.nullable().optional(),
    currency: onlyCurrency.nullable().optional(),
    appliesTo: appliesTo.optional(),
    combinable: combinable.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Nothing to change.')
  .openapi('DiscountChanges', { example: discountChangesExample, minProperties: 1 });

export type DiscountChanges = z.output<typeof discountChanges>;

const status = z.enum(['scheduled', 'active', 'ended', 'cancelled']).openapi('DiscountStatus');

/** A discount as its shop sees it. */
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
    status: status.describe('Of its window, now; one that is used up is active all the same.'),
    uses: z.int().min(0).describe('Orders that use it and are neither cancelled nor expired.'),
    remaining: z.int().min(0).optional().describe('What is left of `usageLimit`.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    cancelledAt: z.iso.datetime().optional(),
  })
  .openapi('Discount', { example: discountExample });

/** A page of the list of discounts, and what it can be narrowed by. */
export const discountsQuery = z.strictObject({
  ...pageQuery,
  status: status.optional(),
  code: z.string().min(1).max(DISCOUNT_CODE_LENGTH_MAX).optional().describe('Without case.'),
});
