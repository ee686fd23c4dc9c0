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
  description: 'A stable code of the reason. Let programs use it instead of `title` and `detail`.',
});

const fieldError = z
  .object({
    path: z.string().describe('The path of the field, e.g. `lines.0.quantity`.'),
    message: z.string(),
    line: z.int().min(1).optional().describe('For `import_refused`: the line of the file.'),
    code: z
      .string()
      .optional()
      .describe('For `import_refused` and `adjustments_refused`: the code of this error.'),
  })
  .openapi('FieldError', {
    description: 'An invalid field of a request.',
    example: { path: 'lines.0.quantity', message: 'It must be at least 1.' },
  });

/** The members that only problems with certain codes have. */
const members = {
  scope: z.string().describe('For `missing_scope`: the scope that the key lacks.'),
  reason: z
    .string()
    .describe('For `invalid_signature` and `overloaded`: the reason of the refusal.'),
  retryAfterS: z
    .int()
    .min(0)
    .describe(
      'For `too_many_guesses`, `too_many_signups`, `too_many_waits`, `not_on_sale_yet` and others: ' +
        'the seconds after which to try again, as in `Retry-After`.',
    ),
  variantId: z
    .string()
    .describe(
      'For `unknown_variant`, `product_unpublished`, `currency_mismatch`, `quantity_not_allowed`, ' +
        '`quantity_exceeded`, `variant_has_stock`, `storefront_not_allowed`, ' +
        '`storefront_not_listed` and others: the variant concerned.',
    ),
  shopId: z
    .string()
    .describe(
      'For `storefront_not_allowed` and `storefront_not_listed`: the seller that does not allow ' +
        'the request.',
    ),
  cartId: z.string().describe('For `cart_changed`: the cart concerned.'),
  checkoutId: z
    .string()
    .describe(
      'For `cart_checked_out`: the checkout of the cart. For `idempotency_key_reused`: the ' +
        'checkout that the key created. For `already_waiting`: the checkout that waits. For ' +
        '`already_entered`: the entry of the buyer.',
    ),
  movementId: z
    .string()
    .describe('For `idempotency_key_reused`: the stock movement that the key created.'),
  checkoutStatus: checkoutStatus.describe(
    'For `cart_checked_out`, `checkout_settled` and `checkout_not_failed`: the status of the ' +
      'checkout.',
  ),
  quantityRule: quantityRule.describe(
    'For `quantity_not_allowed`: the quantities in which the variant is sold.',
  ),
  nearestQuantity: z
    .int()
    .min(1)
    .describe(
      'For `quantity_not_allowed`: the largest allowed quantity up to the requested one, or the smallest allowed quantity if that is larger.',
    ),
  from: orderStatus.describe(
    'For `invalid_transition` and `quantity_exceeded`: the status of the order.',
  ),
  move: z
    .string()
    .describe(
      'For `invalid_transition`, `quantity_exceeded` and `storefront_not_allowed`: the requested ' +
        'move of the order.',
    ),
  paymentReference: z
    .string()
    .describe('For `invalid_transition`: the payment reference that the order already has.'),
  trackingReference: z
    .string()
    .describe('For `invalid_transition`: the tracking reference that the order already has.'),
  carrier: z.string().describe('For `invalid_transition`: the carrier that the order already has.'),
  rejection: rejection.describe(
    'For `invalid_transition`: why the order cannot reserve its units again.',
  ),
  saleFrom: z.iso.datetime().describe('For `not_on_sale_yet`: when the sale starts.'),
  saleUntil: z.iso.datetime().describe('For `sale_over`: when the sale ended.'),
  drawId: z
    .string()
    .describe('For `draw_closed` and other refusals of draws and entries: the draw.'),
  opensAt: z.iso.datetime().describe('For `draw_not_open_yet`: when the draw opens.'),
  closesAt: z.iso
    .datetime()
    .describe('For `draw_closed` and `draw_not_closed`: when the draw closes or closed.'),
  perBuyer: z
    .int()
    .describe(
      'For `draw_quantity_exceeded`: the maximum number of units that one entry may request.',
    ),
  available: z.int().describe('For `draw_exceeds_stock`: the units that can be set aside.'),
  latest: z.iso
    .datetime()
    .describe('For `reservation_too_long`: the latest time to which the order can be extended.'),
  onHand: z
    .int()
    .describe('For `stock_below_reserved` and other refusals of stock changes: units on hand.'),
  reserved: z
    .int()
    .describe(
      'For `stock_below_reserved` and other refusals of stock changes: units that orders hold.',
    ),
  level: stockLevel.describe(
    'For `stock_changed` and `precondition_failed`: the current stock level.',
  ),
  uses: z.int().describe('For `usage_limit_below_uses`: the uses of the discount so far.'),
  failed: z
    .int()
    .describe('For `import_refused`: the number of products or lines that were not stored.'),
  errorCount: z.int().describe('For `import_refused`: the number of errors in the whole file.'),
  failedLines: z
    .array(lineRange)
    .describe('For `import_refused`: the refused rows, as ranges of lines.'),
} satisfies Record<keyof Omit<RefusalMembers, 'errors'>, z.ZodType>;

/** The body of every refusal (4xx and 5xx). */
export const problem = z
  .object({
    type: z.string().describe('The path of the page that explains the `code`.'),
    title: z.string().describe('The name of the HTTP status.'),
    status: z.int(),
    detail: z.string().describe('An explanation for humans.'),
    code,
    requestId: z.string().describe('The id of the request, as in `X-Request-Id`.'),
    errors: z.array(fieldError).optional().describe('The invalid fields.'),
    ...z.object(members).partial().shape,
  })
  .openapi('Problem', { description: 'Why a request was refused (RFC 9457).' });
