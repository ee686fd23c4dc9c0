import { z } from '@hono/zod-openapi';
import { CART_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { buyerId } from '../access/buyer.ts';
import { quantityRule } from '../catalog/schemas.ts';
import {
  cartExample,
  cartRequestExample,
  cartSummaryExample,
  lineRequestExample,
  quantityRequestExample,
} from './examples.ts';

const ID_LENGTH_MAX = 64;

const variantId = z.string().min(1).max(ID_LENGTH_MAX);
const unitCount = z.int().min(1).max(LINE_QUANTITY_MAX);

/** The status of a checkout, here of the one that took the cart. */
export const checkoutStatus = z
  .enum(['queued', 'placed', 'rejected', 'failed'])
  .openapi('CheckoutStatus');

/** Units of one variant. */
export const lineRequest = z
  .strictObject({ variantId, quantity: unitCount })
  .openapi('CartLineRequest', { example: lineRequestExample });

/** A new cart. */
export const cartRequest = z
  .strictObject({
    buyerId: buyerId
      .optional()
      .describe(
        'The storefront’s own name for the buyer. With a key it must be given; a buyer’s is its own.',
      ),
    lines: z
      .array(lineRequest)
      .max(CART_LINES_MAX)
      .optional()
      .describe('What to begin with. Lines of one variant are summed.'),
  })
  .openapi('CartRequest', { example: cartRequestExample });

/** How many units a line is to have. */
export const quantityRequest = z
  .strictObject({
    quantity: z.int().min(0).max(LINE_QUANTITY_MAX).describe('0 removes the line.'),
  })
  .openapi('CartQuantityRequest', { example: quantityRequestExample });

export const cartParams = z.object({ id: z.string() });
export const cartLineParams = z.object({ id: z.string(), variantId });

const cartLine = z
  .object({
    variantId: z.string(),
    productId: z.string(),
    shopId: z.string(),
    sku: z.string(),
    title: z.string(),
    quantity: z.int(),
    unitPrice: z.int().describe('Now, in minor units; of what is not for sale, as last seen.'),
    total: z.int().describe('0 for what is not for sale.'),
    available: z.int().min(0).describe('Units that anybody can buy now.'),
    isForSale: z.boolean().describe('A line that is not must be removed before checking out.'),
    quantityRule: quantityRule.optional(),
  })
  .openapi('CartLine');

const cartChange = z
  .object({
    variantId: z.string(),
    kind: z.enum([
      'price_changed',
      'withdrawn',
      'currency_changed',
      'unavailable',
      'not_enough',
      'quantity_not_allowed',
    ]),
    before: z.int().optional().describe('The price as last seen, or the units wanted.'),
    after: z.int().optional().describe('The price now, or the units that could be had.'),
  })
  .openapi('CartChange');

const checkoutIdField = {
  checkoutId: z.string().optional().describe('The checkout that took the cart as it stands.'),
};

const times = {
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().describe('From then on it is gone; every change puts it off.'),
};

/** A cart at today's prices. */
export const cart = z
  .object({
    id: z.string(),
    buyerId: z.string(),
    currency: z.string().optional().describe('Of all its lines; absent while it is empty.'),
    lines: z.array(cartLine),
    subtotal: z
      .int()
      .optional()
      .describe(
        'Of what is for sale, before discounts, in minor units. Absent above 2^53 - 1, where no ' +
          'JSON number is exact.',
      ),
    isAmountTooLarge: z
      .boolean()
      .describe(
        'Whether the subtotal is above 10^12, the largest total of a checkout. Prices have risen ' +
          'since; take units out before checking out.',
      ),
    changes: z.array(cartChange).describe('What the buyer is to be told.'),
    ...checkoutIdField,
    checkoutStatus: checkoutStatus.optional(),
    isCheckedOut: z
      .boolean()
      .describe(
        'While it is, the cart cannot be changed: its checkout is queued, or has placed an order ' +
          'that is neither cancelled nor expired.',
      ),
    ...times,
  })
  .openapi('Cart', { example: cartExample });

/** A cart in a list: what it holds is told by the cart itself. */
export const cartSummary = z
  .object({
    id: z.string(),
    buyerId: z.string(),
    currency: z.string().optional(),
    lineCount: z.int(),
    units: z.int(),
    ...checkoutIdField,
    ...times,
  })
  .openapi('CartSummary', { example: cartSummaryExample });
