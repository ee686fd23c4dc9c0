import { z } from '@hono/zod-openapi';
import { REVIEW_REASONS } from './refusal-details.ts';

const amounts = {
  subtotal: z.int().describe('Before discounts, in minor units.'),
  discount: z.int(),
  total: z.int().describe('To be paid.'),
};

const reviewedLine = z.object({
  variantId: z.string(),
  sku: z.string(),
  title: z.string(),
  quantity: z.int(),
  unitPrice: z.int(),
  discount: z.int().describe('Taken off the whole line.'),
  total: z.int(),
  available: z.int().min(0).describe('Units that anybody can buy now.'),
  isAvailable: z.boolean().describe('Whether that is enough.'),
});

/** What a checkout would come to now; nothing of it is promised. */
export const checkoutReview = z
  .object({
    buyerId: z.string(),
    cartId: z.string().optional(),
    currency: z.string(),
    ...amounts,
    shops: z.array(
      z.object({
        shopId: z.string(),
        lines: z.array(reviewedLine),
        ...amounts,
        discounts: z.array(z.object({ code: z.string(), amount: z.int() })),
      }),
    ),
    refusedDiscounts: z
      .array(
        z.object({
          code: z.string(),
          shopId: z.string().optional().describe('Absent when no shop has the code.'),
          reason: z.enum(REVIEW_REASONS),
          detail: z.string(),
        }),
      )
      .describe('Each code that takes nothing off, for each shop that has it.'),
    problems: z
      .array(
        z.object({
          code: z.enum([
            'out_of_stock',
            'discount_exhausted',
            'discount_not_applicable',
            'price_changed',
          ]),
          variantId: z.string().optional(),
          requested: z.int().optional(),
          available: z.int().optional(),
          discountCode: z.string().optional(),
          shopId: z.string().optional().describe('Whose code is exhausted.'),
          reason: z.enum(REVIEW_REASONS).optional(),
        }),
      )
      .describe(
        'For what a checkout would be rejected if it were settled now; the first is what it would ' +
          'be told.',
      ),
  })
  .openapi('CheckoutReview');
