import { Schema } from 'mongoose';
import type { CartLine } from '../../domain/carts/cart-lines.ts';

/** The lines that a buyer intends to buy. A cart without changes expires. */
export interface CartRecord {
  readonly _id: string;
  /** The shop whose storefront made it, no matter with which of the shop's keys. */
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly CartLine[];
  /** The currency of all lines; absent while there are none. */
  readonly currency?: string;
  /** Number of changes, including checkouts. */
  readonly revision: number;
  /** The checkout of the cart's current state; absent after a later change. */
  readonly checkoutId?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** From this time on it is not found, even if the database has not removed it yet. */
  readonly expiresAt: Date;
}

const line = {
  _id: false,
  variantId: { type: String, required: true },
  productId: { type: String, required: true },
  shopId: { type: String, required: true },
  sku: { type: String, required: true },
  title: { type: String, required: true },
  unitPrice: { type: Number, required: true, min: 0 },
  quantity: { type: Number, required: true, min: 1 },
};

export const cartSchema = new Schema(
  {
    _id: { type: String, required: true },
    storefrontId: { type: String, required: true },
    buyerId: { type: String, required: true },
    lines: { type: [line], required: true },
    currency: String,
    revision: { type: Number, required: true, min: 0 },
    checkoutId: String,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'carts', versionKey: false },
);

cartSchema.index(
  { storefrontId: 1, buyerId: 1, _id: -1 },
  { name: 'carts_of_storefront_by_buyer' },
);
cartSchema.index({ storefrontId: 1, _id: -1 }, { name: 'carts_of_storefront' });
cartSchema.index({ expiresAt: 1 }, { name: 'carts_expire', expireAfterSeconds: 0 });
