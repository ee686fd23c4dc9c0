import { z } from '@hono/zod-openapi';
import { CART_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { resourceId } from '../../shared/contract/text.ts';
import { buyerId } from '../access/buyer.ts';
import { quantityRule } from '../catalog/schemas.ts';
import { idParams } from '../http/id-list.ts';
import { ownHold } from '../orders/own-holds.ts';
import {
  cartExample,
  cartRequestExample,
  cartSummaryExample,
  lineRequestExample,
  quantityRequestExample,
} from './examples.ts';

const unitCount = z.int().min(1).max(LINE_QUANTITY_MAX);

/** The status of a checkout. */
export const checkoutStatus = z
  .enum(['queued', 'waiting', 'placed', 'rejected', 'failed'])
  .openapi('CheckoutStatus');

/** The body that adds units of a variant. */
export const lineRequest = z
  .strictObject({ variantId: resourceId, quantity: unitCount })
  .openapi('CartLineRequest', { example: lineRequestExample });

/** The body that creates a cart. */
export const cartRequest = z
  .strictObject({
    buyerId: buyerId
      .optional()
      .describe(
        'The storefront’s own id of the buyer. Required with an API key. With a buyer token it ' +
          'defaults to the caller.',
      ),
    lines: z
      .array(lineRequest)
      .max(CART_LINES_MAX)
      .optional()
      .describe('The lines of the new cart. Lines of the same variant are added up.'),
  })
  .openapi('CartRequest', { example: cartRequestExample });

/** The body that sets the quantity of a line. */
export const quantityRequest = z
  .strictObject({
    quantity: z.int().min(0).max(LINE_QUANTITY_MAX).describe('0 removes the line.'),
  })
  .openapi('CartQuantityRequest', { example: quantityRequestExample });

export const cartLineParams = idParams.extend({ variantId: resourceId });

const cartLine = z
  .object({
    variantId: z.string(),
    productId: z.string(),
    shopId: z.string(),
    sku: z.string(),
    title: z.string(),
    quantity: z.int(),
    unitPrice: z
      .int()
      .describe(
        'The current price in minor units, or the last price seen if the variant is not for sale.',
      ),
    total: z.int().describe('In minor units; 0 if the variant is not for sale.'),
    available: z
      .int()
      .min(0)
      .describe(
        'Units that are available now, whatever the sale times of the product; 0 if the variant is not ' +
          'for sale.',
      ),
    isForSale: z
      .boolean()
      .describe(
        'Whether the variant is published, in the currency of the cart and sold by this storefront, ' +
          'whatever its sale times. If false, remove the line before the checkout.',
      ),
    quantityRule: quantityRule.optional(),
    heldByYou: ownHold.optional(),
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
      'too_many_lapsed_holds',
      'held_share_reached',
      'purchase_limit_reached',
    ]),
    before: z
      .int()
      .optional()
      .describe('The last price seen in minor units, or the units in the cart.'),
    after: z
      .int()
      .optional()
      .describe('The current price in minor units, or the units that can be bought.'),
  })
  .openapi('CartChange');

const limitState = z
  .object({
    variantId: z.string(),
    productId: z.string(),
    limit: z.int().describe('The units that the buyer may buy, in total or within `days`.'),
    days: z
      .int()
      .optional()
      .describe('The number of past days whose purchases count; absent if all purchases count.'),
    bought: z.int().describe('The units that the buyer has bought and that count.'),
    requested: z.int().describe('The units in the cart.'),
  })
  .openapi('CartPurchaseLimit');

const checkoutIdField = {
  checkoutId: z
    .string()
    .optional()
    .describe('The checkout of the cart, if it was checked out since its last change.'),
};

const times = {
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().describe('When the cart is removed: 30 days after its last change.'),
};

/** A cart at current prices. */
export const cart = z
  .object({
    id: z.string(),
    buyerId: z.string(),
    currency: z
      .string()
      .optional()
      .describe('The currency of all lines; absent if the cart is empty.'),
    lines: z.array(cartLine),
    subtotal: z
      .int()
      .optional()
      .describe(
        'The sum of the lines for sale, before discounts, in minor units. Absent if it exceeds ' +
          '2^53 - 1, because JSON numbers are not exact above that.',
      ),
    isAmountTooLarge: z
      .boolean()
      .describe(
        'Whether the subtotal is above 10^12, the maximum of a checkout, because prices have risen. ' +
          'Remove units before the checkout.',
      ),
    changes: z.array(cartChange).describe('Changes to show to the buyer.'),
    purchaseLimits: z
      .array(limitState)
      .optional()
      .describe('The purchase limits of the lines; absent if there are none.'),
    ...checkoutIdField,
    checkoutStatus: checkoutStatus.optional(),
    isCheckedOut: z
      .boolean()
      .describe(
        'If true, the cart cannot be changed: its checkout is queued or waiting, or has an order ' +
          'that is neither cancelled nor expired.',
      ),
    ...times,
  })
  .openapi('Cart', { example: cartExample });

/** A cart in a list, without its lines. */
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
