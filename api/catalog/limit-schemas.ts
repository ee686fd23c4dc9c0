import { z } from '@hono/zod-openapi';
import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';

const LIMIT_DAYS_MAX = 3_650;
/** How much of an item one buyer may buy. */
export const purchaseLimit = z
  .strictObject({
    quantity: z.int().min(1).max(LINE_QUANTITY_MAX),
    days: z
      .int()
      .min(1)
      .max(LIMIT_DAYS_MAX)
      .optional()
      .describe('Orders of these last days count, each of 24 hours; without it all orders do.'),
  })
  .describe(
    'The units that one buyer may buy, over all orders that are neither cancelled nor expired. Only ' +
      'the shop’s own and its listed storefronts sell limited products.',
  )
  .openapi('PurchaseLimit', { example: { quantity: 2, days: 30 } });

/** A limit that an edit sets below what buyers have. */
export const exceededLimit = z
  .object({
    path: z.string().describe('The limit: `purchaseLimit` or `variants.0.purchaseLimit`.'),
    quantity: z.int(),
    buyers: z.int().describe('The buyers that have more than `quantity`.'),
  })
  .openapi('ExceededLimit');

/** Why a purchase limit, or lapsed reservations, refuse; in responses. */
export const limitFields = {
  productId: z
    .string()
    .optional()
    .describe('The product: `purchase_limit_reached`, `too_many_lapsed_holds`.'),
  lapsedOrderIds: z
    .array(z.string())
    .optional()
    .describe('The buyer’s orders of the product that expired in a row: `too_many_lapsed_holds`.'),
  limit: z.int().optional().describe('The units that one buyer may buy.'),
  days: z.int().optional().describe('The days in which they count; absent for all time.'),
  bought: z
    .int()
    .optional()
    .describe('The units that the buyer has; above `limit` if the shop has lowered it.'),
};
