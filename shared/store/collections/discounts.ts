import { Schema } from 'mongoose';
import type { DiscountOffer } from '../../domain/discounts/check-offer.ts';
import type { Metadata } from '../../domain/metadata.ts';

/**
 * A discount code of a shop. Its terms are changed by the shop, and `uses` by the ledger, together
 * with the orders that use it.
 */
export interface DiscountRecord extends DiscountOffer {
  readonly _id: string;
  readonly shopId: string;
  readonly code: string;
  /** `toCodeKey(code)`. */
  readonly codeKey: string;
  /** False after it is cancelled; another discount may then use its code. */
  readonly isActive: boolean;
  /** Number of orders that use it: those in one of `USING_STATUSES`. */
  readonly uses: number;
  /** Number of changes of `uses`, the limits and `isActive`. */
  readonly version: number;
  /** Number of changes by the shop. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly cancelledAt?: Date;
  readonly metadata?: Metadata;
}

const count = { type: Number, required: true, default: 0, min: 0 };

export const discountSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    code: { type: String, required: true },
    codeKey: { type: String, required: true },
    kind: { type: String, required: true, enum: ['percentage', 'fixed'] },
    value: { type: Number, required: true },
    currency: String,
    startsAt: { type: Date, required: true },
    endsAt: { type: Date, required: true },
    usageLimit: Number,
    usageLimitPerBuyer: Number,
    minimumSubtotal: Number,
    maximumDiscount: Number,
    productIds: { type: [String], default: undefined },
    isCombinable: { type: Boolean, required: true },
    isActive: { type: Boolean, required: true },
    uses: count,
    version: count,
    revision: count,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    cancelledAt: Date,
    metadata: { type: Schema.Types.Mixed },
  },
  { collection: 'discounts', versionKey: false },
);

discountSchema.index(
  { shopId: 1, codeKey: 1 },
  {
    name: 'one_active_discount_per_code',
    unique: true,
    partialFilterExpression: { isActive: true },
  },
);
discountSchema.index({ shopId: 1, _id: -1 }, { name: 'discounts_of_shop' });
discountSchema.index({ shopId: 1, codeKey: 1, _id: -1 }, { name: 'discounts_by_code' });
/** Contains `isActive`, so that a query for it reads no documents. */
discountSchema.index(
  { shopId: 1, codeKey: 1, isActive: 1 },
  { name: 'cancelled_codes', partialFilterExpression: { isActive: false } },
);
