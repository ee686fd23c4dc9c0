import { Schema } from 'mongoose';
import type { CartLine } from '../../domain/carts/cart-lines.ts';

/** What a buyer means to buy. It is gone after a while without change. */
export interface CartRecord {
  readonly _id: string;
  /** The shop whose storefront it was made through, whichever of its keys was used. */
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly CartLine[];
  /** Of all its lines; absent while there are none. */
  readonly currency?: string;
  /** Counts its changes, checking it out among them. */
  readonly revision: number;
  /** The checkout that took the cart as it stands; absent once it has been changed since. */
  readonly checkoutId?: string;
  /** How many checkouts it has had. */
  readonly tries: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** From then on it is not found, whether or not the database has removed it yet. */
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
    tries: { type: Number, required: true, min: 0 },
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
