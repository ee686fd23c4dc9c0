import { z } from '@hono/zod-openapi';
import type { RefusalMembers } from '../../shared/domain/errors.ts';
import { checkoutStatus } from '../carts/schemas.ts';
import { lineRange } from '../catalog/import-export/schemas.ts';
import { quantityRule } from '../catalog/schemas.ts';
import { rejection } from '../checkouts/schemas.ts';
import { ERROR_CODES } from '../http/problem.ts';
import { stockLevel } from '../inventory/schemas.ts';
import { orderStatus } from '../orders/schemas.ts';

const code = z.enum(ERROR_CODES).openapi('ProblemCode', {
  description: 'A stable code of the reason. Use it instead of `title` and `detail`.',
});

const fieldError = z
  .object({
    path: z.string().describe('The path of the field: `lines.0.quantity`.'),
    message: z.string(),
    line: z.int().min(1).optional().describe('The line of the file, for `import_refused`.'),
    code: z
      .string()
      .optional()
      .describe('A code of the fault, for `import_refused` and `adjustments_refused`.'),
  })
  .openapi('FieldError', {
    description: 'A field of a request that is not acceptable.',
    example: { path: 'lines.0.quantity', message: 'Too small: expected number to be >=1' },
  });

/** The members of problems with certain codes. */
const members = {
  scope: z.string().describe('The scope that the key lacks: `missing_scope`.'),
  reason: z.string().describe('The reason of the refusal: `invalid_signature`, `overloaded`.'),
  retryAfterS: z
    .int()
    .min(0)
    .describe(
      'Seconds after which to try again, as in `Retry-After`: ' +
        '`too_many_guesses`, `too_many_signups`, `too_many_waits`, `not_on_sale_yet`.',
    ),
  variantId: z
    .string()
    .describe(
      'The variant concerned: `unknown_variant`, `product_unpublished`, `currency_mismatch`, ' +
        '`quantity_not_allowed`, `quantity_exceeded`, `variant_has_stock`, ' +
        '`storefront_not_allowed`, `storefront_not_listed`.',
    ),
  shopId: z
    .string()
    .describe(
      'The seller that does not allow it: `storefront_not_allowed`, `storefront_not_listed`.',
    ),
  cartId: z.string().describe('The cart concerned: `cart_changed`.'),
  checkoutId: z
    .string()
    .describe(
      'The checkout of the cart: `cart_checked_out`. The checkout of the idempotency key: ' +
        '`idempotency_key_reused`. The one that waits: `already_waiting`. The entry of the buyer: ' +
        '`already_entered`.',
    ),
  movementId: z
    .string()
    .describe('The stock movement of the idempotency key: `idempotency_key_reused`.'),
  checkoutStatus: checkoutStatus.describe(
    'The status of the checkout: `cart_checked_out`, `checkout_settled`, `checkout_not_failed`.',
  ),
  quantityRule: quantityRule.describe(
    'The quantities that the variant is sold in: `quantity_not_allowed`.',
  ),
  nearestQuantity: z
    .int()
    .min(1)
    .describe('The nearest quantity that is sold: `quantity_not_allowed`.'),
  from: orderStatus.describe('The status of the order: `invalid_transition`, `quantity_exceeded`.'),
  move: z
    .string()
    .describe(
      'The requested move of the order: `invalid_transition`, `quantity_exceeded`, ' +
        '`storefront_not_allowed`.',
    ),
  paymentReference: z.string().describe('On record for the order: `invalid_transition`.'),
  trackingReference: z.string().describe('On record for the order: `invalid_transition`.'),
  carrier: z.string().describe('On record for the order: `invalid_transition`.'),
  rejection: rejection.describe('Why the order cannot take its units again: `invalid_transition`.'),
  saleFrom: z.iso.datetime().describe('When the sale starts: `not_on_sale_yet`.'),
  saleUntil: z.iso.datetime().describe('When the sale ended: `sale_over`.'),
  drawId: z.string().describe('The draw: `draw_closed` and other refusals of an entry.'),
  opensAt: z.iso.datetime().describe('When the draw opens: `draw_not_open_yet`.'),
  closesAt: z.iso.datetime().describe('When the draw closes or closed: `draw_closed`.'),
  perBuyer: z.int().describe('Units that one entry may ask for: `draw_quantity_exceeded`.'),
  available: z.int().describe('Units that can be set aside: `draw_exceeds_stock`.'),
  latest: z.iso
    .datetime()
    .describe('The latest time to which the order can be extended: `reservation_too_long`.'),
  onHand: z.int().describe('Units on hand: `stock_below_reserved` and other refusals of stock.'),
  reserved: z
    .int()
    .describe('Units that orders hold: `stock_below_reserved` and other refusals of stock.'),
  level: stockLevel.describe('The current stock level: `stock_changed`, `precondition_failed`.'),
  uses: z.int().describe('The uses of the discount so far: `usage_limit_below_uses`.'),
  failed: z.int().describe('Products or lines that were not stored: `import_refused`.'),
  errorCount: z.int().describe('Faults of the whole file: `import_refused`.'),
  failedLines: z
    .array(lineRange)
    .describe('The refused rows, as ranges of lines: `import_refused`.'),
} satisfies Record<keyof Omit<RefusalMembers, 'errors'>, z.ZodType>;

/** The body of every refusal (4xx and 5xx). */
export const problem = z
  .object({
    type: z.string().describe('The path of the page that explains the `code`.'),
    title: z.string().describe('The name of the HTTP status.'),
    status: z.int(),
    detail: z.string().describe('An explanation for humans.'),
    code,
    requestId: z.string().describe('As in `X-Request-Id`.'),
    errors: z.array(fieldError).optional().describe('The fields that are not acceptable.'),
    ...z.object(members).partial().shape,
  })
  .openapi('Problem', { description: 'Why a request was refused (RFC 9457).' });
