import { z } from '@hono/zod-openapi';
import { CHECKOUT_LINES_MAX, LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import { humanText } from '../../shared/contract/text.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { CHARGES_MAX } from './carried-schemas.ts';
import { returnRequestExample } from './examples.ts';

export const REASON_LENGTH_MAX = 200;

export const unitsOfLine = z
  .strictObject({ variantId: z.string().max(64), quantity: z.int().min(1).max(LINE_QUANTITY_MAX) })
  .openapi('OrderUnits');

/** Units of an order's lines. */
export const unitsOfLines = z.array(unitsOfLine).min(1).max(CHECKOUT_LINES_MAX);

/** Amounts of an order's charges to give back. */
export const reducedCharges = z
  .array(
    z
      .strictObject({
        index: z.int().min(0).describe('The index of the charge in the order’s `charges`, from 0.'),
        amount: z.int().min(1).max(AMOUNT_MAX).describe('At most what is left of the charge.'),
      })
      .openapi('ReducedCharge'),
  )
  .min(1)
  .max(CHARGES_MAX)
  .refine(
    (charges) => new Set(charges.map(({ index }) => index)).size === charges.length,
    'List each charge once.',
  )
  .readonly();

/** The body of a return or a loss. */
export const returnRequest = z
  .strictObject({
    reason: humanText(REASON_LENGTH_MAX).optional(),
    lines: unitsOfLines
      .optional()
      .describe('The units; by default all that were sent and not returned or lost.'),
    charges: reducedCharges
      .optional()
      .describe('The amounts of the charges to give back; none by default.'),
    restock: z
      .boolean()
      .default(false)
      .describe('Whether the units go back on sale. Otherwise they are written off.'),
  })
  .openapi('ReturnRequest', { example: returnRequestExample });

/** Units that were taken off an order. */
export const reduction = z
  .object({
    at: z.iso.datetime(),
    kind: z.enum(['cancelled', 'returned', 'lost']),
    lines: z.array(
      z.object({
        variantId: z.string(),
        quantity: z.int().min(1),
        amount: z.int().min(0).describe('The price of the units less their share of the discount.'),
      }),
    ),
    charges: reducedCharges.optional().describe('The amounts of the charges that are given back.'),
    amount: z.int().min(0).describe('The total of the reduction: lines and charges.'),
    refund: z
      .int()
      .min(0)
      .describe('What to refund: `amount`, or 0 if the order had not been paid.'),
    restocked: z.boolean().describe('Whether the units went back on sale.'),
    actor: z.string(),
    reason: z.string().optional(),
  })
  .openapi('OrderReduction');
