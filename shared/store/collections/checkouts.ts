import { Schema } from 'mongoose';
import type { AppliedDiscount, RefusedDiscount } from '../../domain/discounts/terms.ts';
import type { Rejection } from '../../domain/settlement.ts';
import type { CheckoutStatus, PricedLine } from '../../domain/vocabulary.ts';

/** A checkout from acceptance on. Everything the buyer was promised is frozen in it. */
export interface CheckoutRecord {
  readonly _id: string;
  /** The shop whose storefront it was made through, whichever of its keys was used. */
  readonly storefrontId: string;
  /** Id of the key that placed it. */
  readonly madeBy: string;
  readonly buyerId: string;
  /** `<madeBy>:<Idempotency-Key>`; unset once the key may be used anew. */
  readonly idempotencyKey?: string;
  /** SHA-256 of the parsed request, to tell a repeat from another request under the same key. */
  readonly requestHash: string;
  readonly status: CheckoutStatus;
  readonly lines: readonly PricedLine[];
  readonly currency: string;
  /** What is to be paid: the lines less their discounts. */
  readonly total: number;
  /** Discounts that the lines already have; their uses are redeemed when it is placed. */
  readonly discounts?: readonly AppliedDiscount[];
  /** A code that did not apply at acceptance, for which it will be rejected. */
  readonly refusedDiscount?: RefusedDiscount;
  /** Whose uses count together for limits per buyer: `toBuyerKey`; with discounts only. */
  readonly buyerKey?: string;
  /**
   * Shops whose order costs nothing and whose storefront may confirm it, as of acceptance; absent
   * for none. Settlement confirms such an order as it places it, if the storefront still may.
   */
  readonly confirmFreeOf?: readonly string[];
  readonly cartId?: string;
  /** `<cartId>.<n>`, n counting the rejected checkouts of the cart before: it is placed once. */
  readonly cartClaim?: string;
  readonly expectedTotal?: number;
  readonly shippingAddress?: Readonly<Record<string, string>>;
  readonly receivedAt: Date;
  readonly acceptedAt: Date;
  /** Wake-up jobs added by the recovery sweep so far. */
  readonly wakeups: number;
  /** Times that an operator had it tried again after it was parked. */
  readonly replays?: number;
  /** When the batch that settled it began, and when it was decided. */
  readonly pickedUpAt?: Date;
  readonly settledAt?: Date;
  readonly rejection?: Rejection;
  /** Why it was parked as `failed`. */
  readonly failure?: string;
}

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
    status: { type: String, required: true, enum: ['queued', 'placed', 'rejected', 'failed'] },
    lines: { type: [line], required: true },
    currency: { type: String, required: true },
    total: { type: Number, required: true, min: 0 },
    discounts: { type: [Schema.Types.Mixed], default: undefined },
    refusedDiscount: { type: Schema.Types.Mixed },
    buyerKey: String,
    confirmFreeOf: { type: [String], default: undefined },
    cartId: String,
    cartClaim: String,
    expectedTotal: Number,
    shippingAddress: { type: Schema.Types.Mixed },
    receivedAt: { type: Date, required: true },
    acceptedAt: { type: Date, required: true },
    wakeups: { type: Number, required: true, default: 0 },
    replays: Number,
    pickedUpAt: Date,
    settledAt: Date,
    rejection: { type: Schema.Types.Mixed },
    failure: String,
  },
  { collection: 'checkouts', versionKey: false },
);

checkoutSchema.index(
  { idempotencyKey: 1 },
  {
    name: 'one_checkout_per_idempotency_key',
    unique: true,
    partialFilterExpression: { idempotencyKey: { $exists: true } },
  },
);
checkoutSchema.index(
  { cartClaim: 1 },
  {
    name: 'one_checkout_per_cart_claim',
    unique: true,
    partialFilterExpression: { cartClaim: { $exists: true } },
  },
);
// The sweep reads the oldest queued ones; settled ones leave the index and keep it small.
checkoutSchema.index(
  { acceptedAt: 1, _id: 1 },
  { name: 'queued_in_order', partialFilterExpression: { status: 'queued' } },
);
