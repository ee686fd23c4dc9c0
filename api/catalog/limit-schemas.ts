import { z } from '@hono/zod-openapi';
import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';

const LIMIT_DAYS_MAX = 3_650;
/** How many units of a product or variant one buyer may buy. */
export const purchaseLimit = z
  .strictObject({
    quantity: z.int().min(1).max(LINE_QUANTITY_MAX),
    days: z
      .int()
      .min(1)
      .max(LIMIT_DAYS_MAX)
      .optional()
      .describe('Only orders of the last `days` × 24 hours count. If absent, all orders count.'),
  })
  .describe(
    'The units that one buyer may buy, over all orders. Expired orders do not count, nor do units ' +
      'that were cancelled, returned or lost. Only the shop’s own storefront and its listed ' +
      'storefronts sell limited products.',
  )
  .openapi('PurchaseLimit', { example: { quantity: 2, days: 30 } });

/** A limit of an edited product that is below what some buyers have bought. */
export const exceededLimit = z
  .object({
    path: z
      .string()
      .describe('The path of the limit, such as `purchaseLimit` or `variants.0.purchaseLimit`.'),
    quantity: z.int(),
    buyers: z.int().describe('The number of buyers that have bought more than `quantity`.'),
  })
  .openapi('ExceededLimit');

/** The fields of a rejection for a purchase limit or for lapsed reservations. */
export const limitFields = {
  productId: z
    .string()
    .optional()
    .describe('The product, with `purchase_limit_reached` and `too_many_lapsed_holds`.'),
  lapsedOrderIds: z
    .array(z.string())
    .optional()
    .describe(
      'The buyer’s orders of the product that expired in a row, with `too_many_lapsed_holds`.',
    ),
  limit: z.int().optional().describe('The units that one buyer may buy.'),
  days: z
    .int()
    .optional()
    .describe('The number of last days whose orders count; absent if all orders count.'),
  bought: z
    .int()
    .optional()
    .describe(
      'The units that the buyer has bought; above `limit` if the shop has lowered the limit.',
    ),
};
