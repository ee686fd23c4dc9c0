import { z } from '@hono/zod-openapi';
import { country } from '../../shared/contract/iso-codes.ts';
import {
  CHECKOUT_LINES_MAX,
  DISCOUNT_CODE_LENGTH_MAX,
  DISCOUNT_CODES_MAX,
  LINE_QUANTITY_MAX,
} from '../../shared/contract/limits.ts';
import { humanText } from '../../shared/contract/text.ts';
import type { RequestedLine } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { buyerId } from '../access/buyer.ts';
import { checkoutStatus } from '../carts/schemas.ts';
import { acceptedCheckoutExample, checkoutExample, checkoutRequestExample } from './examples.ts';

const ID_LENGTH_MAX = 64;
const ADDRESS_FIELD_LENGTH_MAX = 200;

const addressField = humanText(ADDRESS_FIELD_LENGTH_MAX);

const shippingAddress = z
  .strictObject({
    name: addressField,
    line1: addressField,
    line2: addressField.optional(),
    city: addressField,
    region: addressField.optional(),
    postalCode: addressField.optional(),
    country,
  })
  .openapi('ShippingAddress');

const discountCode = humanText(DISCOUNT_CODE_LENGTH_MAX);

const lineRequest = z
  .strictObject({
    variantId: z.string().min(1).max(ID_LENGTH_MAX),
    quantity: z.int().min(1).max(LINE_QUANTITY_MAX),
  })
  .openapi('CheckoutLineRequest');

/** What a buyer wants to buy. */
export const checkoutRequest = z
  .strictObject({
    buyerId: buyerId
      .optional()
      .describe(
        'The storefront’s own name for the buyer. With a key it must be given; a buyer’s is its own.',
      ),
    lines: z
      .array(lineRequest)
      .min(1)
      .max(CHECKOUT_LINES_MAX)
      .optional()
      .describe('Lines of one variant are summed.'),
    cartId: z
      .string()
      .min(1)
      .max(ID_LENGTH_MAX)
      .optional()
      .describe('In place of `lines`: what is in this cart, for its buyer. It works once.'),
    discountCodes: z
      .array(discountCode)
      .max(DISCOUNT_CODES_MAX)
      .optional()
      .describe(
        'Each is used in every shop of the checkout that has it; case does not matter. If one is ' +
          'no good anywhere, the checkout is rejected as discount_not_applicable; if one is used ' +
          'up in any shop, as discount_exhausted.',
      ),
    shippingAddress: shippingAddress.optional(),
    expectedTotal: z
      .int()
      .min(0)
      .max(AMOUNT_MAX)
      .optional()
      .describe('In minor units. If the total differs, the checkout is rejected as price_changed.'),
  })
  .check(({ value, issues }) => {
    const { cartId, lines } = value;
    if ((cartId === undefined) !== (lines === undefined)) return;
    const [path, message] =
      lines === undefined
        ? ['lines', 'Either lines or a cartId must be given.']
        : ['cartId', 'Give lines or a cartId, not both.'];
    issues.push({ code: 'custom', input: value, path: [path], message });
  })
  .openapi('CheckoutRequest', { example: checkoutRequestExample });

/** A request as it is made. */
export type CheckoutBody = z.output<typeof checkoutRequest>;

/** A request whose buyer and lines are known. */
export type CheckoutRequest = Omit<CheckoutBody, 'buyerId' | 'cartId' | 'lines'> & {
  readonly buyerId: string;
  readonly lines: readonly RequestedLine[];
};

const usedDiscount = z
  .object({ code: z.string(), shopId: z.string(), amount: z.int() })
  .openapi('UsedDiscount');

/** What was taken off, where discounts were; amounts in minor units. */
const discounted = {
  subtotal: z.int().optional().describe('Before discounts, where there are some.'),
  discount: z.int().optional().describe('What the discounts take off together.'),
  discounts: z
    .array(usedDiscount)
    .optional()
    .describe('The codes that are used, by the shops that have them.'),
};

/** The first answer to a checkout, and to every repeat of it. */
export const acceptedCheckout = z
  .object({
    id: z.string(),
    status: z.literal('queued'),
    buyerId: z.string(),
    cartId: z.string().optional(),
    currency: z.string(),
    total: z.int().describe('To be paid; frozen at acceptance, in minor units.'),
    ...discounted,
    acceptedAt: z.iso.datetime(),
  })
  .openapi('AcceptedCheckout', { example: acceptedCheckoutExample });

const rejection = z
  .object({
    code: z.enum([
      'out_of_stock',
      'discount_exhausted',
      'discount_not_applicable',
      'price_changed',
      'product_unavailable',
      'withdrawn',
    ]),
    variantId: z.string().optional(),
    requested: z.int().optional(),
    available: z.int().optional(),
    discountCode: z.string().optional(),
    shopId: z
      .string()
      .optional()
      .describe('Whose code is exhausted, or was cancelled after acceptance.'),
    reason: z
      .string()
      .optional()
      .describe('Why the code does not apply, or whose limit it has reached.'),
  })
  .openapi('Rejection', { description: 'Why nothing was placed.' });

const placedOrder = z
  .object({ id: z.string(), shopId: z.string(), total: z.int() })
  .openapi('PlacedOrder');

const timelineStep = z.object({ at: z.iso.datetime(), step: z.string() }).openapi('TimelineStep');

/** A checkout with what has become of it. */
export const checkout = z
  .object({
    id: z.string(),
    status: checkoutStatus,
    buyerId: z.string(),
    cartId: z.string().optional(),
    currency: z.string(),
    total: z.int(),
    ...discounted,
    orders: z.array(placedOrder),
    rejection: rejection.optional(),
    failure: z.string().optional(),
    timeline: z.array(timelineStep),
  })
  .openapi('Checkout', { example: checkoutExample });
