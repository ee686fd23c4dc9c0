import { z } from '@hono/zod-openapi';
import { limitFields } from '../../catalog/limit-schemas.ts';
import { charge } from '../../orders/carried-schemas.ts';
import { ownHold } from '../../orders/own-holds.ts';
import { checkoutReviewExample } from '../examples.ts';
import { REVIEW_REASONS } from './refusal-details.ts';

const reviewReason = z.enum(REVIEW_REASONS).openapi('ReviewReason');

const amounts = {
  subtotal: z.int().describe('Before discounts, in minor units.'),
  discount: z.int(),
  total: z.int().describe('The amount to pay.'),
};

const reviewedLine = z
  .object({
    variantId: z.string(),
    sku: z.string(),
    title: z.string(),
    quantity: z.int(),
    unitPrice: z.int(),
    discount: z.int().describe('The discount of the whole line.'),
    total: z.int(),
    available: z
      .int()
      .min(0)
      .describe('Units that can be bought now; for an entry in a draw, the requested units.'),
    isAvailable: z.boolean().describe('Whether enough units are available.'),
  })
  .openapi('ReviewedLine');

const reviewProblem = z
  .object({
    code: z.enum([
      'out_of_stock',
      'too_many_lapsed_holds',
      'held_share_reached',
      'purchase_limit_reached',
      'discount_exhausted',
      'discount_not_applicable',
      'price_changed',
    ]),
    variantId: z.string().optional(),
    requested: z.int().optional(),
    available: z.int().optional(),
    heldByYou: ownHold.optional(),
    ...limitFields,
    discountCode: z.string().optional(),
    shopId: z.string().optional().describe('The shop whose code is exhausted.'),
    reason: reviewReason.optional(),
  })
  .openapi('ReviewProblem');

const refusedDiscount = z
  .object({
    code: z.string(),
    shopId: z.string().optional().describe('Absent if no shop has the code.'),
    reason: reviewReason,
    detail: z.string(),
  })
  .openapi('RefusedDiscount');

const reviewedShop = z
  .object({
    shopId: z.string(),
    lines: z.array(reviewedLine),
    ...amounts,
    charges: z.array(charge).readonly().optional().describe('Part of the total.'),
    discounts: z.array(z.object({ code: z.string(), amount: z.int() }).openapi('ReviewedDiscount')),
  })
  .openapi('ReviewedShop');

/** The current totals of a checkout, which are not guaranteed. */
export const checkoutReview = z
  .object({
    buyerId: z.string(),
    cartId: z.string().optional(),
    currency: z.string(),
    ...amounts,
    shops: z.array(reviewedShop),
    refusedDiscounts: z
      .array(refusedDiscount)
      .describe('The codes that discount nothing: one item for each shop that has the code.'),
    problems: z
      .array(reviewProblem)
      .describe(
        'Why the checkout would be rejected if it were settled now. The rejection would name the ' +
          'first problem.',
      ),
  })
  .openapi('CheckoutReview', { example: checkoutReviewExample });
