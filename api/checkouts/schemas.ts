import { z } from '@hono/zod-openapi';
import {
  CHECKOUT_LINES_MAX,
  DISCOUNT_CODE_LENGTH_MAX,
  DISCOUNT_CODES_MAX,
  LINE_QUANTITY_MAX,
  RESERVATION_SECONDS_MAX,
  WAIT_DAYS_MAX,
  WAIT_LINES_MAX,
} from '../../shared/contract/limits.ts';
import { metadata } from '../../shared/contract/metadata.ts';
import { humanText } from '../../shared/contract/text.ts';
import type { RequestedLine } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { buyerId } from '../access/buyer.ts';
import { checkoutStatus } from '../carts/schemas.ts';
import { limitFields } from '../catalog/limit-schemas.ts';
import {
  chargesRequest,
  contact,
  note,
  shippingAddress,
  shopCharge,
} from '../orders/carried-schemas.ts';
import { ownHold } from '../orders/own-holds.ts';
import { acceptedCheckoutExample, checkoutExample, checkoutRequestExample } from './examples.ts';

const ID_LENGTH_MAX = 64;
const discountCode = humanText(DISCOUNT_CODE_LENGTH_MAX);

const lineRequest = z
  .strictObject({
    variantId: z.string().min(1).max(ID_LENGTH_MAX),
    quantity: z.int().min(1).max(LINE_QUANTITY_MAX),
  })
  .openapi('CheckoutLineRequest');

const whenSoldOut = z
  .strictObject({
    waitUntil: z.iso
      .datetime({ offset: true })
      .describe(`The end of the wait; at most ${WAIT_DAYS_MAX} days from now.`),
  })
  .openapi('WhenSoldOut', {
    description:
      'Lets the checkout wait for units instead of being rejected as out_of_stock. It gets its ' +
      `units when all of its lines are available together. It can have at most ${WAIT_LINES_MAX} ` +
      'lines. A buyer can wait for a variant with only one checkout at a time.',
  });

/** The body that places a checkout. */
export const checkoutRequest = z
  .strictObject({
    buyerId: buyerId
      .optional()
      .describe(
        'The storefront’s own id of the buyer. Required with an API key unless a cart is named; ' +
          'defaults to the caller with a buyer token.',
      ),
    lines: z
      .array(lineRequest)
      .min(1)
      .max(CHECKOUT_LINES_MAX)
      .optional()
      .describe('Lines of the same variant are added up.'),
    cartId: z
      .string()
      .min(1)
      .max(ID_LENGTH_MAX)
      .optional()
      .describe(
        'The cart to check out, instead of `lines`; its lines and buyer are used. It can be checked ' +
          'out again only if its checkout failed or was rejected, or all its orders were cancelled or expired.',
      ),
    drawId: z
      .string()
      .min(1)
      .max(ID_LENGTH_MAX)
      .optional()
      .describe(
        'The draw to enter; `lines` must then be one line, of the variant of the draw. The checkout ' +
          'is `waiting` until the draw has been held.',
      ),
    discountCodes: z
      .array(discountCode)
      .max(DISCOUNT_CODES_MAX)
      .optional()
      .describe(
        'Each code applies in every shop of the checkout that has it; case is ignored. If a code ' +
          'applies in no shop, the checkout is rejected as discount_not_applicable. If it is ' +
          'exhausted in any shop, the checkout is rejected as discount_exhausted.',
      ),
    shippingAddress: shippingAddress.optional(),
    whenSoldOut: whenSoldOut.optional(),
    contact: contact.optional(),
    note: note.optional(),
    charges: chargesRequest.optional(),
    metadata: metadata
      .optional()
      .describe(
        'For the storefront’s own systems. Buyers with a token can neither set nor read it.',
      ),
    expectedTotal: z
      .int()
      .min(0)
      .max(AMOUNT_MAX)
      .optional()
      .describe('In minor units. If the total differs, the checkout is rejected as price_changed.'),
    reservationSeconds: z
      .int()
      .min(1)
      .max(RESERVATION_SECONDS_MAX)
      .optional()
      .describe(
        'How long the orders of the checkout hold their units, in seconds; to test lapsed orders. ' +
          'Refused in production (`outside_production_only`).',
      ),
  })
  .check(({ value, issues }) => {
    const { cartId, drawId, lines, whenSoldOut } = value;
    if (cartId !== undefined && drawId !== undefined) {
      const message = 'A cart cannot enter a draw: send lines.';
      issues.push({ code: 'custom', input: value, path: ['drawId'], message });
    }
    if (whenSoldOut !== undefined && drawId !== undefined) {
      const message =
        'A checkout that enters a draw cannot have whenSoldOut: it waits for the draw.';
      issues.push({ code: 'custom', input: value, path: ['whenSoldOut'], message });
    }
    if ((cartId === undefined) !== (lines === undefined)) return;
    const [path, message] =
      lines === undefined
        ? ['lines', 'Send lines or a cartId.']
        : ['cartId', 'Send lines or a cartId, not both.'];
    issues.push({ code: 'custom', input: value, path: [path], message });
  })
  .openapi('CheckoutRequest', { example: checkoutRequestExample });

/** The parsed body of a request. */
export type CheckoutBody = z.output<typeof checkoutRequest>;

/** A request with its buyer and lines. */
export type CheckoutRequest = Omit<CheckoutBody, 'buyerId' | 'cartId' | 'lines'> & {
  readonly buyerId: string;
  readonly lines: readonly RequestedLine[];
};

const usedDiscount = z
  .object({ code: z.string(), shopId: z.string(), amount: z.int() })
  .openapi('UsedDiscount');

/** The discounts of a checkout; amounts in minor units. */
const discounted = {
  subtotal: z.int().optional().describe('The sum before discounts, if there are any.'),
  discount: z.int().optional().describe('The sum of all discounts.'),
  discounts: z
    .array(usedDiscount)
    .optional()
    .describe('The used codes, each with the shop that it belongs to.'),
};

/** Why a checkout placed no orders. */
export const rejection = z
  .object({
    code: z.enum([
      'out_of_stock',
      'held_share_reached',
      'purchase_limit_reached',
      'discount_exhausted',
      'discount_not_applicable',
      'price_changed',
      'product_unavailable',
      'withdrawn',
      'wait_over',
      'not_drawn',
      'too_many_lapsed_holds',
    ]),
    variantId: z.string().optional(),
    requested: z.int().optional(),
    available: z.int().optional(),
    heldByYou: ownHold.optional(),
    ...limitFields,
    discountCode: z.string().optional(),
    shopId: z
      .string()
      .optional()
      .describe('The shop whose code is exhausted, or was cancelled after acceptance.'),
    reason: z
      .string()
      .optional()
      .describe('Why the code does not apply, or which usage limit is reached.'),
  })
  .openapi('Rejection', { description: 'Why the checkout placed no orders.' });

/** The response to a request for a checkout and to its repeats, except those that wait. */
export const acceptedCheckout = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'waiting', 'rejected']),
    buyerId: z.string(),
    cartId: z.string().optional(),
    drawId: z.string().optional(),
    currency: z.string(),
    total: z.int().describe('The amount to pay in minor units, frozen at acceptance.'),
    ...discounted,
    charges: z.array(shopCharge).readonly().optional(),
    rejection: rejection.optional().describe('Only with the status `rejected`.'),
    acceptedAt: z.iso.datetime(),
  })
  .openapi('AcceptedCheckout', { example: acceptedCheckoutExample });

const placedOrder = z
  .object({ id: z.string(), shopId: z.string(), total: z.int() })
  .openapi('PlacedOrder');

const timelineStep = z.object({ at: z.iso.datetime(), step: z.string() }).openapi('TimelineStep');

/** A checkout with its outcome. */
export const checkout = z
  .object({
    id: z.string(),
    status: checkoutStatus,
    buyerId: z.string(),
    cartId: z.string().optional(),
    drawId: z.string().optional(),
    currency: z.string(),
    total: z.int(),
    ...discounted,
    charges: z.array(shopCharge).readonly().optional().describe('Part of the total.'),
    contact: contact.optional(),
    note: note.optional(),
    metadata: metadata.optional().describe('Only in responses to the shop of the storefront.'),
    orders: z.array(placedOrder),
    rejection: rejection.optional(),
    failure: z.string().optional(),
    whenSoldOut: z
      .object({ waitUntil: z.iso.datetime() })
      .optional()
      .describe('When the wait for units ends; present if the request had `whenSoldOut`.'),
    queue: z
      .object({
        ahead: z
          .int()
          .min(0)
          .describe(
            'The number of checkouts ahead of this checkout: of the same product while it is queued, ' +
              'of the same variant while it waits.',
          ),
        estimatedMs: z
          .int()
          .min(0)
          .nullable()
          .describe(
            'The time until the checkout is probably settled; null while it waits for units.',
          ),
      })
      .openapi('QueuePlace')
      .optional()
      .describe(
        'The place of the checkout, about a second old; present only while it is queued or waits ' +
          'for units. An entry in a draw has no place.',
      ),
    timeline: z.array(timelineStep),
  })
  .openapi('Checkout', { example: checkoutExample });
