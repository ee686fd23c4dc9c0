import { z } from '@hono/zod-openapi';
import { CHECKOUT_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';

const ID_LENGTH_MAX = 64;
const BUYER_ID_LENGTH_MAX = 128;

/** The storefront's own name for a buyer. */
export const buyerId = z.string().min(1).max(BUYER_ID_LENGTH_MAX);

const ADDRESS_FIELD_LENGTH_MAX = 200;

const addressField = z.string().trim().min(1).max(ADDRESS_FIELD_LENGTH_MAX);

const shippingAddress = z.strictObject({
  name: addressField,
  line1: addressField,
  line2: addressField.optional(),
  city: addressField,
  region: addressField.optional(),
  postalCode: addressField.optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'An ISO 3166-1 alpha-2 code.'),
});

/** What a buyer wants to buy. */
export const checkoutRequest = z
  .strictObject({
    buyerId: buyerId
      .optional()
      .describe(
        'The storefront’s own name for the buyer. With a key it must be given; a buyer’s is its own.',
      ),
    lines: z
      .array(
        z.strictObject({
          variantId: z.string().min(1).max(ID_LENGTH_MAX),
          quantity: z.int().min(1).max(LINE_QUANTITY_MAX),
        }),
      )
      .min(1)
      .max(CHECKOUT_LINES_MAX)
      .describe('Lines of one variant are summed.'),
    shippingAddress: shippingAddress.optional(),
    expectedTotal: z
      .int()
      .min(0)
      .max(AMOUNT_MAX)
      .optional()
      .describe('In minor units. If the total differs, the checkout is rejected as price_changed.'),
  })
  .openapi('CheckoutRequest');

/** A request whose buyer is known. */
export type CheckoutRequest = z.output<typeof checkoutRequest> & { readonly buyerId: string };

/** The first answer to a checkout, and to every repeat of it. */
export const acceptedCheckout = z
  .object({
    id: z.string(),
    status: z.literal('queued'),
    buyerId: z.string(),
    currency: z.string(),
    total: z.int().describe('Frozen at acceptance, in minor units.'),
    acceptedAt: z.iso.datetime(),
  })
  .openapi('AcceptedCheckout');

/** A checkout with what has become of it. */
export const checkout = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'placed', 'rejected', 'failed']),
    buyerId: z.string(),
    currency: z.string(),
    total: z.int(),
    orders: z.array(z.object({ id: z.string(), shopId: z.string(), total: z.int() })),
    rejection: z
      .object({
        code: z.enum([
          'out_of_stock',
          'discount_exhausted',
          'discount_not_applicable',
          'price_changed',
          'product_unavailable',
        ]),
        variantId: z.string().optional(),
        requested: z.int().optional(),
        available: z.int().optional(),
      })
      .optional(),
    failure: z.string().optional(),
    timeline: z.array(z.object({ at: z.iso.datetime(), step: z.string() })),
  })
  .openapi('Checkout');
