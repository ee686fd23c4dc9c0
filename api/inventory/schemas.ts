import { z } from '@hono/zod-openapi';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { humanText, resourceId } from '../../shared/contract/text.ts';
import { sku } from '../catalog/schemas.ts';
import { idList } from '../http/id-list.ts';
import { pageQuery } from '../http/paging.ts';
import { optInFlag } from '../http/query-flag.ts';
import {
  adjustmentByDeltaExample,
  adjustmentsRequestExample,
  adjustmentToCountExample,
  levelPatchExample,
  movementExample,
  stockLevelExample,
  variantByDeltaExample,
  variantToCountExample,
} from './examples.ts';

const REASON_LENGTH_MAX = 200;
const REFERENCE_LENGTH_MAX = 100;

const why = {
  reason: humanText(REASON_LENGTH_MAX),
  reference: humanText(REFERENCE_LENGTH_MAX)
    .optional()
    .describe('A reference, e.g. the number of a delivery note.'),
};

const delta = z
  .int()
  .min(-ON_HAND_MAX)
  .max(ON_HAND_MAX)
  .refine((units) => units !== 0, 'A delta of 0 changes nothing.')
  .openapi({ not: { const: 0 }, description: 'Units to add, or to take away if negative.' });

const set = z.int().min(0).max(ON_HAND_MAX).describe('The counted units on hand.');

const expectedOnHand = z
  .int()
  .min(0)
  .max(ON_HAND_MAX)
  .optional()
  .describe(
    'The units on hand that you expect before the change. If the number differs, the adjustment ' +
      'is refused.',
  );

/** An adjustment of the units on hand: by `delta` or to `set`. */
export const adjustmentRequest = z
  .union([
    z
      .strictObject({ delta, ...why })
      .openapi('AdjustmentByDelta', { example: adjustmentByDeltaExample }),
    z
      .strictObject({ set, expectedOnHand, ...why })
      .openapi('AdjustmentToCount', { example: adjustmentToCountExample }),
  ])
  .openapi('AdjustmentRequest', { example: adjustmentByDeltaExample });

export type AdjustmentRequest = z.output<typeof adjustmentRequest>;

/** How many adjustments one request may contain. */
export const ADJUSTMENTS_PER_REQUEST_MAX = 1_000;

const variantFields = { variantId: resourceId, reference: why.reference };

/** Adjustments of several variants, all or none of which are applied. */
export const adjustmentsRequest = z
  .strictObject({
    adjustments: z
      .array(
        z.union([
          z.strictObject({ ...variantFields, delta }).openapi('VariantByDelta', {
            example: variantByDeltaExample,
          }),
          z.strictObject({ ...variantFields, set, expectedOnHand }).openapi('VariantToCount', {
            example: variantToCountExample,
          }),
        ]),
      )
      .min(1)
      .max(ADJUSTMENTS_PER_REQUEST_MAX),
    ...why,
  })
  .openapi('AdjustmentsRequest', { example: adjustmentsRequestExample });

export type AdjustmentsRequest = z.output<typeof adjustmentsRequest>;

/** The settings of a stock level that its shop can change. */
export const levelPatch = z
  .strictObject({
    lowStockThreshold: z
      .int()
      .min(0)
      .max(ON_HAND_MAX)
      .nullable()
      .describe(
        'Available units at or below which the stock counts as low (`stock.low`); null for never.',
      ),
  })
  .openapi('StockLevelPatch', { example: levelPatchExample });

/** The counters of one variant, in units. */
export const stockLevel = z
  .object({
    variantId: z.string(),
    onHand: z.int().min(0),
    reserved: z
      .int()
      .min(0)
      .describe('Units held by orders that are not confirmed yet, or set aside for draws.'),
    available: z.int().min(0).describe('Units on hand that are not reserved.'),
    sold: z
      .int()
      .min(0)
      .describe('Units of orders that were confirmed, without units that went back on sale.'),
    version: z.int().describe('Increases with each change of these counters.'),
    productId: z.string(),
    lowStockThreshold: z.int().min(0).nullable(),
  })
  .openapi('StockLevel', { example: stockLevelExample });

const movementKind = z
  .enum(['adjust', 'confirm', 'cancel', 'expire', 'reacquire', 'return', 'draw', 'reconcile'])
  .openapi('MovementKind');
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Query parameters of the list of movements. */
export const movementsQuery = z
  .strictObject({
    ...pageQuery,
    kind: movementKind.optional(),
    from: moment.optional().describe('Made at this moment or later.'),
    to: moment.optional().describe('Made before this moment.'),
  })
  .refine(({ from, to }) => !from || !to || from < to, {
    path: ['to'],
    error: 'Must be later than from.',
  });

export type MovementsQuery = z.output<typeof movementsQuery>;

/** Query parameters of the list of stock levels. */
export const levelsQuery = z.strictObject({
  ...pageQuery,
  productId: resourceId.optional(),
  variantIds: idList.optional(),
  sku: sku.optional().describe('The exact current SKU of the variant.'),
  low: optInFlag.describe(
    '`true` lists only levels whose available units are at or below their threshold, without ' +
      'deleted variants.',
  ),
});

/** A recorded change of a variant's counters. */
export const movement = z
  .object({
    id: z.string(),
    variantId: z.string(),
    version: z.int().describe('The version of the variant’s stock level after this movement.'),
    kind: movementKind,
    delta: z.object({ onHand: z.int(), reserved: z.int(), sold: z.int() }).openapi('MovementDelta'),
    reason: z.string(),
    reference: z.string().optional(),
    actor: z
      .string()
      .describe('Who made it: the id of a key or a shop, `buyer:` and a buyer’s id, or `system`.'),
    at: z.iso.datetime(),
  })
  .openapi('Movement', { example: movementExample });

/** The result of an adjustment. */
export const stockAdjustment = z.object({ movement, level: stockLevel }).openapi('StockAdjustment');

/** The results of several adjustments, in the order of the request. */
export const stockAdjustments = z
  .object({ adjustments: z.array(stockAdjustment) })
  .openapi('StockAdjustments');
