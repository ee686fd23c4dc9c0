import { Schema } from 'mongoose';
import type { OrderLine } from '../../domain/settlement.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';

/** One change of an order's status: when, to what, by whom and why. */
export interface OrderHistoryEntry {
  readonly at: Date;
  readonly status: OrderStatus;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
}

/**
 * What one shop sells of one checkout. Its `_id` is made of the checkout's and the shop's ids, so
 * the primary index itself refuses a second order of the same checkout with the same shop.
 */
export interface OrderRecord {
  readonly _id: string;
  readonly checkoutId: string;
  readonly shopId: string;
  readonly madeBy: string;
  readonly buyerId: string;
  readonly status: OrderStatus;
  /** Counts the order's events; the one that placed it is 1. */
  readonly seq: number;
  readonly lines: readonly OrderLine[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly currency: string;
  readonly shippingAddress?: Readonly<Record<string, string>>;
  readonly placedAt: Date;
  readonly reservedUntil: Date;
  readonly history: readonly OrderHistoryEntry[];
}

const orderStatus = {
  type: String,
  required: true,
  enum: ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled', 'expired'],
};

export const orderSchema = new Schema<OrderRecord>(
  {
    _id: { type: String, required: true },
    checkoutId: { type: String, required: true },
    shopId: { type: String, required: true },
    madeBy: { type: String, required: true },
    buyerId: { type: String, required: true },
    status: orderStatus,
    seq: { type: Number, required: true },
    lines: { type: [Schema.Types.Mixed], required: true } as never,
    subtotal: { type: Number, required: true, min: 0 },
    discount: { type: Number, required: true, min: 0 },
    total: { type: Number, required: true, min: 0 },
    currency: { type: String, required: true },
    shippingAddress: { type: Schema.Types.Mixed },
    placedAt: { type: Date, required: true },
    reservedUntil: { type: Date, required: true },
    history: { type: [Schema.Types.Mixed], required: true } as never,
  },
  { collection: 'orders', versionKey: false },
);

orderSchema.index({ shopId: 1, _id: -1 }, { name: 'orders_of_shop' });
orderSchema.index({ madeBy: 1, _id: -1 }, { name: 'orders_by_maker' });
orderSchema.index(
  { reservedUntil: 1 },
  { name: 'pending_by_expiry', partialFilterExpression: { status: 'pending' } },
);
