import { z } from '@hono/zod-openapi';
import { metadata } from '../../shared/contract/metadata.ts';
import { humanText } from '../../shared/contract/text.ts';
import { AMENDABLE_FIELDS } from '../../shared/domain/order-amendment.ts';
import { buyerId } from '../access/buyer.ts';
import { checkFileStyle, fileStyle } from '../catalog/import-export/schemas.ts';
import { pageQuery } from '../http/paging.ts';
import { searchText } from '../http/search-text.ts';
import { charge, contact, note } from './carried-schemas.ts';
import {
  cancelRequestExample,
  confirmRequestExample,
  extendRequestExample,
  orderExample,
  shipRequestExample,
} from './examples.ts';
import { parcel, reference, trackingReference } from './parcel-schemas.ts';
import { REASON_LENGTH_MAX, reducedCharges, reduction, unitsOfLines } from './reduction-schemas.ts';

const EXTENSION_S_MAX = 604_800;

export const orderStatus = z
  .enum([
    'pending',
    'confirmed',
    'shipped',
    'delivered',
    'cancelled',
    'expired',
    'returned',
    'lost',
  ])
  .openapi('OrderStatus');

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const STATUS_LIST = 'One or more statuses, separated by commas; every status by default.';

const statusList = z
  .string()
  .transform((text, context) => {
    // The problem names the parameter without a position, because the caller sent a text, not a
    // list.
    const parsed = z.array(orderStatus).safeParse([...new Set(text.split(','))]);
    if (parsed.success) return parsed.data;
    context.addIssue({
      code: 'custom',
      message: `Must be one or more of ${orderStatus.options.join(', ')}.`,
    });
    return z.NEVER;
  })
  .openapi({ type: 'string', description: STATUS_LIST, example: 'pending,confirmed' });

/** The filters and the direction of a list of orders. */
const orderFilters = {
  status: statusList.optional(),
  buyerId: buyerId.optional(),
  checkoutId: z
    .string()
    .regex(/^chk_\w{1,60}$/, 'Must be the id of a checkout.')
    .optional(),
  placedFrom: moment.optional().describe('Placed at this moment or later.'),
  placedTo: moment.optional().describe('Placed before this moment.'),
  q: searchText
    .optional()
    .describe(
      'A search, regardless of case: an id, a buyer, a contact, an SKU, or the reference of a ' +
        'payment or a parcel; or several words, all of which an order must have. To search for the ' +
        'beginning of a value, end it with an asterisk; an id is found only as a whole.',
    ),
  updatedSince: moment
    .optional()
    .describe(
      'Changed at this moment or later. The list is then sorted by the last change, and is about ' +
        'a second behind.',
    ),
  direction: z
    .enum(['asc', 'desc'])
    .optional()
    .describe('`desc` by default: the last placed, or the last changed, first.'),
};

/** The times that `placedTimes` compares. */
interface PlacedTimes {
  readonly placedFrom?: Date | undefined;
  readonly placedTo?: Date | undefined;
}

const placedTimes: [(times: PlacedTimes) => boolean, { path: string[]; error: string }] = [
  ({ placedFrom, placedTo }) => !placedFrom || !placedTo || placedFrom < placedTo,
  { path: ['placedTo'], error: 'Must be later than placedFrom.' },
];

/** Query parameters of the list of orders. */
export const ordersQuery = z.strictObject({ ...pageQuery, ...orderFilters }).refine(...placedTimes);

/** Query parameters of the export of orders. */
export const orderExportQuery = z
  .strictObject({ ...fileStyle, ...orderFilters })
  .superRefine(checkFileStyle)
  .refine(...placedTimes);

/** The body of a cancellation. */
export const cancelRequest = z
  .strictObject({
    reason: humanText(REASON_LENGTH_MAX),
    lines: unitsOfLines
      .optional()
      .describe('The units to cancel; all by default. Required if a part of the order was sent.'),
    charges: reducedCharges
      .optional()
      .describe(
        'The amounts of the charges to give back; buyers cannot set it. A cancellation of the whole order gives back all of them.',
      ),
  })
  .openapi('CancelRequest', { example: cancelRequestExample });

/** The body of a confirmation. */
export const confirmRequest = z
  .strictObject({
    paymentReference: reference.optional().describe('The payment’s id at the payment provider.'),
    reacquire: z
      .boolean()
      .optional()
      .describe(
        'Whether an order whose reservation has ended takes its units and discount uses again, ' +
          'if they are still available.',
      ),
  })
  .openapi('ConfirmRequest', { example: confirmRequestExample });

/** The body of an extension. */
export const extendRequest = z
  .strictObject({
    seconds: z
      .int()
      .min(1)
      .max(EXTENSION_S_MAX)
      .describe('By how much `reservedUntil` moves. A repeat moves it again.'),
  })
  .openapi('ExtendRequest', { example: extendRequestExample });

/** The description of a carrier's reference. */
export const TRACKING_REFERENCE =
  'The carrier’s number of the parcel; no other order of the shop may have it.';

/** The body of a shipment. */
export const shipRequest = z
  .strictObject({
    trackingReference: trackingReference.optional().describe(TRACKING_REFERENCE),
    carrier: reference.optional(),
  })
  .openapi('ShipRequest', { example: shipRequestExample });

const tracking = { trackingReference: z.string().optional(), carrier: z.string().optional() };

const reservation = { reservedUntil: z.iso.datetime().optional() };

const orderHistoryEntry = z
  .object({
    at: z.iso.datetime(),
    status: orderStatus.describe('The status of the order from then on.'),
    kind: z
      .enum([
        'payment_unmatched',
        'tracking_corrected',
        'reservation_extended',
        'lines_cancelled',
        'lines_returned',
        'lines_lost',
        'parcel_added',
        'parcel_corrected',
        'details_changed',
      ])
      .optional()
      .describe(
        'Absent for a change of status. `payment_unmatched`: a confirmation was refused, and the ' +
          'payment `paymentReference` is not applied. `tracking_corrected`: the tracking reference ' +
          'or the carrier replaces `previous`. `reservation_extended`: `reservedUntil` replaces ' +
          '`previous`. `lines_…`: units were taken off the order, see `reductions`. `parcel_…`: ' +
          'see `parcels`. `details_changed`: the order’s fields named in `fields` were changed.',
      ),
    actor: z
      .string()
      .describe('The id of a key or a shop, `buyer:` and the buyer’s id, or `system`.'),
    reason: z.string().optional(),
    paymentReference: z.string().optional(),
    parcelId: z.string().optional(),
    fields: z.array(z.enum(AMENDABLE_FIELDS)).readonly().optional(),
    ...tracking,
    ...reservation,
    previous: z
      .object({ ...tracking, ...reservation })
      .optional()
      .describe('The values before the change.'),
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
    discount: z.int().optional().describe('The discount on the whole line.'),
    cancelled: z.int().min(1).optional().describe('Units that were cancelled.'),
    returned: z.int().min(1).optional().describe('Units that came back.'),
    lost: z.int().min(1).optional().describe('Units that were lost on the way.'),
  })
  .openapi('OrderLine');

const orderDiscount = z.object({ code: z.string(), amount: z.int() }).openapi('OrderDiscount');

/** The part of a checkout that one shop sells; amounts in minor units. */
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
    charges: z
      .array(charge)
      .readonly()
      .optional()
      .describe('The amounts in addition to the lines.'),
    total: z.int().min(0).describe('`subtotal` less `discount`, and the charges.'),
    currency: z.string(),
    amountDue: z
      .int()
      .min(0)
      .optional()
      .describe('`total` less what was cancelled before payment; with `reductions` only.'),
    refunded: z
      .int()
      .min(0)
      .optional()
      .describe('The part of `amountDue` to refund; with `reductions` only.'),
    reductions: z
      .array(reduction)
      .optional()
      .describe('Units that were cancelled, returned or lost, oldest first.'),
    shippingAddress: z.record(z.string(), z.string()).optional(),
    contact: contact.optional(),
    note: note.optional(),
    metadata: metadata.optional().describe('Only in responses to the shop that sells the order.'),
    paymentReference: z.string().optional(),
    trackingReference: z
      .string()
      .describe(
        'Unique. The order’s own reference, until the order is sent with a reference of the carrier.',
      ),
    ownReference: z.string().describe('The reference that the system gave the order: `LU-…`.'),
    carrier: z.string().optional(),
    parcels: z.array(parcel).optional().describe('The parcels, oldest first.'),
    placedAt: z.iso.datetime(),
    reservedUntil: z.iso
      .datetime()
      .describe(
        'A pending order expires at this moment. From then on it can be confirmed only with `reacquire`.',
      ),
    history: z.array(orderHistoryEntry),
  })
  .openapi('Order', { example: orderExample });
