import { z } from '@hono/zod-openapi';
import { humanText } from '../../shared/contract/text.ts';
import { pageQuery } from '../http/paging.ts';
import {
  cancelRequestExample,
  confirmRequestExample,
  orderExample,
  shipRequestExample,
} from './examples.ts';

const REASON_LENGTH_MAX = 200;
const REFERENCE_LENGTH_MAX = 100;
const BUYER_ID_LENGTH_MAX = 128;

export const orderStatus = z
  .enum(['pending', 'confirmed', 'shipped', 'delivered', 'cancelled', 'expired'])
  .openapi('OrderStatus');

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A page of a list of orders, and what it can be narrowed by. */
export const ordersQuery = z
  .strictObject({
    ...pageQuery,
    status: orderStatus.optional(),
    buyerId: z.string().min(1).max(BUYER_ID_LENGTH_MAX).optional(),
    checkoutId: z
      .string()
      .regex(/^chk_\w{1,60}$/, 'The id of a checkout.')
      .optional(),
    placedFrom: moment.optional().describe('Placed at this moment or later.'),
    placedTo: moment.optional().describe('Placed before this moment.'),
  })
  .refine(({ placedFrom, placedTo }) => !placedFrom || !placedTo || placedFrom < placedTo, {
    path: ['placedTo'],
    error: 'Later than placedFrom.',
  });

/** Why an order is cancelled. */
export const cancelRequest = z
  .strictObject({ reason: humanText(REASON_LENGTH_MAX) })
  .openapi('CancelRequest', { example: cancelRequestExample });

/** How the world outside names a payment, a parcel or a carrier. */
const reference = humanText(REFERENCE_LENGTH_MAX);

/** How an order was paid. */
export const confirmRequest = z
  .strictObject({
    paymentReference: reference
      .optional()
      .describe('What the payment is called where it was taken.'),
  })
  .openapi('ConfirmRequest', { example: confirmRequestExample });

const trackingReference = z
  .string()
  .max(REFERENCE_LENGTH_MAX)
  .trim()
  .regex(/^[0-9A-Za-z]([0-9A-Za-z ./_-]*[0-9A-Za-z])?$/, 'Letters, digits and - . / _ only.');
const TRACKING_REFERENCE =
  'The carrier’s number of the parcel; no other order of the shop may have it.';

/** How an order was sent. */
export const shipRequest = z
  .strictObject({
    trackingReference: trackingReference.optional().describe(TRACKING_REFERENCE),
    carrier: reference.optional(),
  })
  .openapi('ShipRequest', { example: shipRequestExample });

/** What was wrong or missing when an order was sent. */
export const orderCorrection = z
  .strictObject({
    trackingReference: trackingReference
      .nullable()
      .optional()
      .describe(`${TRACKING_REFERENCE} \`null\` removes it.`),
    carrier: reference.nullable().optional().describe('`null` removes it.'),
  })
  .refine((correction) => Object.keys(correction).length > 0, 'Nothing to correct.')
  .openapi('OrderCorrection', { example: shipRequestExample, minProperties: 1 });

const tracking = { trackingReference: z.string().optional(), carrier: z.string().optional() };

const orderHistoryEntry = z
  .object({
    at: z.iso.datetime(),
    status: orderStatus.describe('The status of the order from then on.'),
    kind: z
      .enum(['payment_unmatched', 'tracking_corrected'])
      .optional()
      .describe(
        'Absent for a change of status. `payment_unmatched`: a confirmation was refused, and the ' +
          'payment that `paymentReference` names is not applied. `tracking_corrected`: the carrier’s ' +
          'reference or the carrier is another than `previous`.',
      ),
    actor: z
      .string()
      .describe('Who did it: the id of a key or a shop, `buyer:` and its name, or `system`.'),
    reason: z.string().optional(),
    paymentReference: z.string().optional(),
    ...tracking,
    previous: z.object(tracking).optional().describe('What was corrected.'),
  })
  .openapi('OrderHistoryEntry');

const orderLine = z
  .object({
    variantId: z.string(),
    productId: z.string(),
    sku: z.string(),
    title: z.string(),
    quantity: z.int().min(1),
    unitPrice: z.int().min(0),
    discount: z.int().optional().describe('What discounts take off the whole line.'),
  })
  .openapi('OrderLine');

const orderDiscount = z.object({ code: z.string(), amount: z.int() }).openapi('OrderDiscount');

/** What one shop sells of one checkout; amounts in minor units. */
export const order = z
  .object({
    id: z.string(),
    checkoutId: z.string(),
    shopId: z.string(),
    buyerId: z.string(),
    status: orderStatus,
    lines: z.array(orderLine),
    subtotal: z.int().min(0),
    discount: z.int().min(0),
    discounts: z.array(orderDiscount).optional(),
    total: z.int().min(0),
    currency: z.string(),
    shippingAddress: z.record(z.string(), z.string()).optional(),
    paymentReference: z.string().optional(),
    trackingReference: z
      .string()
      .describe('Unique: the carrier’s once it is sent with one, until then the order’s own.'),
    carrier: z.string().optional(),
    placedAt: z.iso.datetime(),
    reservedUntil: z.iso
      .datetime()
      .describe('From then on it can no longer be confirmed; if pending, it expires.'),
    history: z.array(orderHistoryEntry),
  })
  .openapi('Order', { example: orderExample });
