import { Schema } from 'mongoose';
import type { ShopCharge } from '../../domain/charges.ts';
import type { Contact } from '../../domain/contact.ts';
import type { AppliedDiscount, RefusedDiscount } from '../../domain/discounts/terms.ts';
import type { HeldShare } from '../../domain/held-shares.ts';
import type { Metadata } from '../../domain/metadata.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { CheckoutStatus, PricedLine } from '../../domain/vocabulary.ts';
import { ifPresent } from './if-present.ts';

/** The beginning of an erased checkout's `requestHash`; its `keptHash` follows. */
export const ERASED_HASH_PREFIX = 'erased ';

/** An accepted checkout, with everything the buyer was promised. */
export interface CheckoutRecord {
  readonly _id: string;
  /** The shop whose storefront made it, no matter with which of the shop's keys. */
  readonly storefrontId: string;
  /** Id of the key that made it. */
  readonly madeBy: string;
  readonly buyerId: string;
  /**
   * `<madeBy>:<Idempotency-Key>`, and after a space the buyer's id if a buyer sent the request.
   * Unset when the key may be reused.
   */
  readonly idempotencyKey?: string;
  /** SHA-256 of the parsed request; tells a repeat from another request with the same key. */
  readonly requestHash: string;
  /**
   * The hash of the request without its personal data, which replaces `requestHash` when the buyer
   * is erased. Absent if the request has no personal data.
   */
  readonly keptHash?: string;
  readonly status: CheckoutStatus;
  readonly lines: readonly PricedLine[];
  readonly currency: string;
  /** The amount to pay: the lines less their discounts, and the charges. */
  readonly total: number;
  /** Discounts that the lines already contain. Placing the checkout uses each of them once. */
  readonly discounts?: readonly AppliedDiscount[];
  /** A code that did not apply at acceptance; the checkout will be rejected for it. */
  readonly refusedDiscount?: RefusedDiscount;
  /** Identifies the buyer for limits per buyer (`toBuyerKey`); only with discounts. */
  readonly buyerKey?: string;
  /**
   * Shops whose order has a total of 0, if the storefront had the right to confirm it at
   * acceptance; absent if there are none. Settlement confirms such an order if the storefront still
   * has the right.
   */
  readonly confirmFreeOf?: readonly string[];
  /** Sellers that did not list the storefront at acceptance; absent if all listed it. */
  readonly heldShares?: readonly HeldShare[];
  readonly cartId?: string;
  readonly expectedTotal?: number;
  /** How long its orders hold their units, if it differs from the setting; never in production. */
  readonly reservationMs?: number;
  readonly shippingAddress?: Readonly<Record<string, string>>;
  readonly contact?: Contact;
  readonly note?: string;
  /** Whether it has an address, a contact or a note. */
  readonly isPersonal?: true;
  /** Its costs in addition to its lines; part of the total. */
  readonly charges?: readonly ShopCharge[];
  /** The metadata of the shop whose storefront made it. */
  readonly metadata?: Metadata;
  readonly receivedAt: Date;
  readonly acceptedAt: Date;
  /** The job that settles it and perhaps other checkouts; absent after an early rejection. */
  readonly jobId?: string;
  /** Its earlier jobs, which were lost or failed, oldest first; only the latest are kept. */
  readonly earlierJobIds?: readonly string[];
  /** The number of jobs that the recovery sweep has added for it. */
  readonly wakeups: number;
  /** How often an operator has replayed it after it was parked. */
  readonly replays?: number;
  /** Until when it waits for units instead of being rejected, if the request allows it to wait. */
  readonly waitUntil?: Date;
  /** When it last began to wait. */
  readonly waitingSince?: Date;
  /** How often it has begun to wait. */
  readonly waits?: number;
  /** The rejection that it would have got instead of beginning to wait. */
  readonly shortage?: Rejection;
  /** When the batch that settled it began. */
  readonly pickedUpAt?: Date;
  /** When its outcome was decided. */
  readonly settledAt?: Date;
  readonly rejection?: Rejection;
  /** The draw that it enters; it waits for the draw from the beginning. */
  readonly drawId?: string;
  /** Why it was parked as `failed`. */
  readonly failure?: string;
}

/** A checkout before intake assigns it to the job of its group. */
export type CheckoutDraft = Omit<CheckoutRecord, 'jobId'>;

const line = {
  _id: false,
  variantId: { type: String, required: true },
  productId: { type: String, required: true },
  shopId: { type: String, required: true },
  sku: { type: String, required: true },
  title: { type: String, required: true },
  quantity: { type: Number, required: true, min: 1 },
  unitPrice: { type: Number, required: true, min: 0 },
  discount: Number,
};

export const checkoutSchema = new Schema(
  {
    _id: { type: String, required: true },
    storefrontId: { type: String, required: true },
    madeBy: { type: String, required: true },
    buyerId: { type: String, required: true },
    idempotencyKey: String,
    requestHash: { type: String, required: true },
    keptHash: String,
    status: {
      type: String,
      required: true,
      enum: ['queued', 'waiting', 'placed', 'rejected', 'failed'],
    },
    lines: { type: [line], required: true },
    currency: { type: String, required: true },
    total: { type: Number, required: true, min: 0 },
    discounts: { type: [Schema.Types.Mixed], default: undefined },
    refusedDiscount: { type: Schema.Types.Mixed },
    buyerKey: String,
    confirmFreeOf: { type: [String], default: undefined },
    heldShares: { type: [Schema.Types.Mixed], default: undefined },
    cartId: String,
    expectedTotal: Number,
    reservationMs: Number,
    shippingAddress: { type: Schema.Types.Mixed },
    contact: { type: Schema.Types.Mixed },
    note: String,
    isPersonal: Boolean,
    charges: { type: [Schema.Types.Mixed], default: undefined },
    metadata: { type: Schema.Types.Mixed },
    receivedAt: { type: Date, required: true },
    acceptedAt: { type: Date, required: true },
    jobId: String,
    earlierJobIds: { type: [String], default: undefined },
    wakeups: { type: Number, required: true, default: 0 },
    replays: Number,
    waitUntil: Date,
    waitingSince: Date,
    waits: Number,
    shortage: { type: Schema.Types.Mixed },
    pickedUpAt: Date,
    settledAt: Date,
    rejection: { type: Schema.Types.Mixed },
    drawId: String,
    failure: String,
  },
  { collection: 'checkouts', versionKey: false },
);

// Each index costs each checkout: for every document that a transaction updates, MongoDB looks up
// all indexes. Fields that only some checkouts need belong in a separate collection.
checkoutSchema.index(
  { idempotencyKey: 1 },
  { name: 'one_checkout_per_idempotency_key', unique: true, ...ifPresent('idempotencyKey') },
);
// The sweep reads the oldest queued checkouts. Settled checkouts leave this index, so it is small.
checkoutSchema.index(
  { acceptedAt: 1, _id: 1 },
  { name: 'queued_in_order', partialFilterExpression: { status: 'queued' } },
);

/** Returns the `Idempotency-Key` that the caller sent; it contains no space. */
export function toSentKey({
  idempotencyKey,
  madeBy,
}: Pick<CheckoutRecord, 'idempotencyKey' | 'madeBy'>): string | undefined {
  return idempotencyKey?.slice(madeBy.length + 1).split(' ')[0];
}
