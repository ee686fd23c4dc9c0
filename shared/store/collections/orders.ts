import { Schema } from 'mongoose';
import type { Charge } from '../../domain/charges.ts';
import type { Contact } from '../../domain/contact.ts';
import type { Metadata } from '../../domain/metadata.ts';
import type { AmendableField } from '../../domain/order-amendment.ts';
import type { OrderDiscount, OrderLine } from '../../domain/order-drafts.ts';
import type { Parcel } from '../../domain/parcels.ts';
import type { KeptLimit } from '../../domain/purchase-limits.ts';
import type { Reduction } from '../../domain/reductions.ts';
import type { Tracking } from '../../domain/tracking-correction.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import { ifPresent } from './if-present.ts';

interface HistoryEntry {
  readonly at: Date;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
}

/** A change of an order's status. */
export interface StatusEntry extends HistoryEntry {
  readonly kind?: never;
  readonly status: OrderStatus;
}

/** A payment that came too late or twice. It does not change the order's status. */
export interface UnmatchedPaymentEntry extends HistoryEntry {
  readonly kind: 'payment_unmatched';
  readonly status?: never;
  readonly paymentReference: string;
}

/** A correction of the carrier or tracking reference; `previous` is what it replaced. */
export interface TrackingEntry extends HistoryEntry, Tracking {
  readonly kind: 'tracking_corrected';
  readonly status?: never;
  readonly previous: Tracking;
}

/** An extension of the reservation; `previous` is when it would have ended. */
export interface ExtensionEntry extends HistoryEntry {
  readonly kind: 'reservation_extended';
  readonly status?: never;
  readonly reservedUntil: Date;
  readonly previous: { readonly reservedUntil: Date };
}

/** Units that were taken off an order, which keeps its other units. */
export interface ReductionEntry extends HistoryEntry {
  readonly kind: 'lines_cancelled' | 'lines_returned' | 'lines_lost';
  readonly status?: never;
}

/** A new or corrected parcel; `previous` is what the correction replaced. */
export interface ParcelEntry extends HistoryEntry, Tracking {
  readonly kind: 'parcel_added' | 'parcel_corrected';
  readonly status?: never;
  readonly parcelId: string;
  readonly previous?: Tracking;
}

/** A change of the order's address, contact, note or metadata, without the values. */
export interface AmendmentEntry extends HistoryEntry {
  readonly kind: 'details_changed';
  readonly status?: never;
  readonly fields: readonly AmendableField[];
}

/** One event of an order: when, what, by whom and why. */
export type OrderHistoryEntry =
  | StatusEntry
  | UnmatchedPaymentEntry
  | TrackingEntry
  | ExtensionEntry
  | ReductionEntry
  | ParcelEntry
  | AmendmentEntry;

/** A reduction as stored. */
export interface ReductionRecord extends Reduction {
  readonly at: Date;
  readonly actor: string;
  readonly reason?: string;
  /** Present if the request had an Idempotency-Key. */
  readonly request?: RequestMark;
}

/** Recognizes a repeated request. */
export interface RequestMark {
  /** SHA-256 of the caller and its Idempotency-Key. */
  readonly key: string;
  /** SHA-256 of the parsed request. */
  readonly hash: string;
}

/**
 * The part of one checkout that one shop sells. Its `_id` consists of the checkout's and the shop's
 * ids, so the primary index refuses a second order of the same checkout with the same shop.
 */
export interface OrderRecord {
  readonly _id: string;
  readonly checkoutId: string;
  readonly shopId: string;
  /** The shop whose storefront made it, no matter with which of the shop's keys. */
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly status: OrderStatus;
  /** Number of the order's events; placing it is event 1. */
  readonly seq: number;
  readonly lines: readonly OrderLine[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly currency: string;
  /** The discounts that it uses; absent if there are none. */
  readonly discounts?: readonly OrderDiscount[];
  /** Identifies the buyer for limits per buyer (`toBuyerKey`); only with discounts. */
  readonly buyerKey?: string;
  /** The purchase limits that applied when it was placed; absent if there were none. */
  readonly purchaseLimits?: readonly KeptLimit[];
  /**
   * Set if its seller did not list its storefront. While the order is pending, `heldByUnlisted` of
   * the stock levels counts its units.
   */
  readonly isUnlisted?: true;
  readonly shippingAddress?: Readonly<Record<string, string>>;
  readonly contact?: Contact;
  readonly note?: string;
  /** Its costs in addition to its lines; part of the total. */
  readonly charges?: readonly Charge[];
  /** The metadata of the shop that sells it. */
  readonly metadata?: Metadata;
  /**
   * The draw that placed the order, and that gets the order’s units back. Removed when a late
   * payment takes the units again.
   */
  readonly drawId?: string;
  /** The payment provider's reference. */
  readonly paymentReference?: string;
  /** The carrier's reference. Without it, `toTrackingReference` derives a reference. */
  readonly trackingReference?: string;
  readonly carrier?: string;
  /** Units that were cancelled, returned or lost, oldest first; append-only. */
  readonly reductions?: readonly ReductionRecord[];
  /** Its parcels, oldest first. Only the carrier and the reference of a parcel can change. */
  readonly parcels?: readonly Parcel[];
  readonly placedAt: Date;
  readonly reservedUntil: Date;
  readonly history: readonly OrderHistoryEntry[];
}

const orderStatus = {
  type: String,
  required: true,
  enum: [
    ...['pending', 'confirmed', 'shipped', 'delivered'],
    ...['cancelled', 'expired', 'returned', 'lost'],
  ],
};

export const orderSchema = new Schema(
  {
    _id: { type: String, required: true },
    checkoutId: { type: String, required: true },
    shopId: { type: String, required: true },
    storefrontId: { type: String, required: true },
    buyerId: { type: String, required: true },
    status: orderStatus,
    seq: { type: Number, required: true },
    lines: { type: [Schema.Types.Mixed], required: true },
    subtotal: { type: Number, required: true, min: 0 },
    discount: { type: Number, required: true, min: 0 },
    total: { type: Number, required: true, min: 0 },
    currency: { type: String, required: true },
    discounts: { type: [Schema.Types.Mixed], default: undefined },
    buyerKey: String,
    purchaseLimits: { type: [Schema.Types.Mixed], default: undefined },
    isUnlisted: Boolean,
    shippingAddress: { type: Schema.Types.Mixed },
    contact: { type: Schema.Types.Mixed },
    note: String,
    charges: { type: [Schema.Types.Mixed], default: undefined },
    metadata: { type: Schema.Types.Mixed },
    drawId: String,
    paymentReference: String,
    trackingReference: String,
    carrier: String,
    reductions: { type: [Schema.Types.Mixed], default: undefined },
    parcels: { type: [Schema.Types.Mixed], default: undefined },
    placedAt: { type: Date, required: true },
    reservedUntil: { type: Date, required: true },
    history: { type: [Schema.Types.Mixed], required: true },
  },
  { collection: 'orders', versionKey: false },
);

// For lists: a query for all statuses can use the same index as a query for a single status.
orderSchema.index(
  { shopId: 1, status: 1, placedAt: -1, _id: -1 },
  { name: 'orders_of_shop_by_status' },
);
orderSchema.index(
  { storefrontId: 1, status: 1, placedAt: -1, _id: -1 },
  { name: 'orders_of_storefront_by_status' },
);
// A name such as `guest` is a buyer of many storefronts; each reads only its own orders.
orderSchema.index(
  { buyerId: 1, storefrontId: 1, placedAt: -1, _id: -1 },
  { name: 'orders_of_storefronts_buyer' },
);
orderSchema.index(
  { shopId: 1, trackingReference: 1 },
  { name: 'one_order_per_tracking_reference', unique: true, ...ifPresent('trackingReference') },
);
orderSchema.index(
  { shopId: 1, 'parcels.trackingReference': 1 },
  {
    name: 'one_order_per_parcel_reference',
    unique: true,
    ...ifPresent('parcels.trackingReference'),
  },
);
// A buyer's uses of a discount are counted in the orders, so they cannot drift.
orderSchema.index(
  { 'discounts.discountId': 1, buyerKey: 1 },
  { name: 'orders_by_discount_and_buyer', ...ifPresent('buyerKey') },
);
// For judging purchases under a limit, item by item.
orderSchema.index(
  { 'purchaseLimits.itemId': 1, buyerId: 1 },
  { name: 'orders_by_limited_item', ...ifPresent('purchaseLimits') },
);
orderSchema.index(
  { reservedUntil: 1 },
  { name: 'pending_by_expiry', partialFilterExpression: { status: 'pending' } },
);
