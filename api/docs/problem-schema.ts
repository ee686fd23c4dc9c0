import { z } from '@hono/zod-openapi';
import type { RefusalMembers } from '../../shared/domain/errors.ts';
import { checkoutStatus } from '../carts/schemas.ts';
import { lineRange } from '../catalog/import-export/schemas.ts';
import { quantityRule } from '../catalog/schemas.ts';
import { ERROR_CODES } from '../http/problem.ts';
import { stockLevel } from '../inventory/schemas.ts';
import { orderStatus } from '../orders/schemas.ts';

const code = z.enum(ERROR_CODES).openapi('ProblemCode', {
  description: 'A stable word for the reason. Decide by it, not by `title` or `detail`.',
});

const fieldError = z
  .object({
    path: z.string().describe('Where it is, dotted: `lines.0.quantity`.'),
    message: z.string(),
    line: z.int().min(1).optional().describe('The line of the file, for `import_refused`.'),
    code: z.string().optional().describe('A word for the fault, for `import_refused`.'),
  })
  .openapi('FieldError', {
    description: 'One part of a request that is not acceptable.',
    example: { path: 'lines.0.quantity', message: 'Too small: expected number to be >=1' },
  });

/** Every member that a problem can have besides the common ones, with the codes it comes with. */
const members = {
  scope: z.string().describe('The scope that the key lacks: `missing_scope`.'),
  reason: z.string().describe('Why the signature was refused: `invalid_signature`.'),
  retryAfterS: z
    .int()
    .min(0)
    .describe(
      'Seconds after which to try again, as in `Retry-After`: ' +
        '`too_many_guesses`, `too_many_signups`, `too_many_waits`.',
    ),
  variantId: z
    .string()
    .describe(
      'The variant in the way: `unknown_variant`, `product_unpublished`, `currency_mismatch`, ' +
        '`quantity_not_allowed`, `variant_has_stock`, `storefront_not_allowed`.',
    ),
  shopId: z.string().describe('The seller that does not allow it: `storefront_not_allowed`.'),
  cartId: z.string().describe('The cart in the way: `cart_changed`.'),
  checkoutId: z
    .string()
    .describe(
      'The checkout that took the cart: `cart_checked_out`. The one that the key stands for: ' +
        '`idempotency_key_reused`.',
    ),
  movementId: z
    .string()
    .describe('The movement of stock that the key stands for: `idempotency_key_reused`.'),
  checkoutStatus: checkoutStatus.describe(
    'How that checkout stands: `cart_checked_out`, `checkout_settled`, `checkout_not_failed`.',
  ),
  quantityRule: quantityRule.describe(
    'In which quantities the variant is sold: `quantity_not_allowed`.',
  ),
  nearestQuantity: z
    .int()
    .min(1)
    .describe('The nearest quantity that is sold: `quantity_not_allowed`.'),
  from: orderStatus.describe('The status of the order: `invalid_transition`.'),
  move: z
    .string()
    .describe('What was asked of the order: `invalid_transition`, `storefront_not_allowed`.'),
  paymentReference: z.string().describe('On record for the order: `invalid_transition`.'),
  trackingReference: z.string().describe('On record for the order: `invalid_transition`.'),
  carrier: z.string().describe('On record for the order: `invalid_transition`.'),
  onHand: z.int().describe('Units on hand: `stock_below_reserved` and other refusals of stock.'),
  reserved: z
    .int()
    .describe('Units that orders hold: `stock_below_reserved` and other refusals of stock.'),
  level: stockLevel.describe(
    'The stock level as it is now: `stock_changed`, `precondition_failed`.',
  ),
  uses: z.int().describe('How often the discount has been used: `usage_limit_below_uses`.'),
  failed: z.int().describe('Products or lines that were not stored: `import_refused`.'),
  errorCount: z.int().describe('Faults of the whole file: `import_refused`.'),
  failedLines: z
    .array(lineRange)
    .describe('The rows that are refused, as ranges of lines: `import_refused`.'),
} satisfies Record<keyof Omit<RefusalMembers, 'errors'>, z.ZodType>;

/** Why a request was refused, as every answer of 4xx and 5xx says it. */
export const problem = z
  .object({
    type: z.string().describe('A URN that ends in the `code`.'),
    title: z.string().describe('The name of the HTTP status.'),
    status: z.int(),
    detail: z.string().describe('What happened, for people.'),
    code,
    requestId: z.string().describe('As in `X-Request-Id`.'),
    errors: z.array(fieldError).optional().describe('The parts that are not acceptable.'),
    ...z.object(members).partial().shape,
  })
  .openapi('Problem', { description: 'Why a request was refused (RFC 9457).' });
