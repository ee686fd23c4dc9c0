import { Schema } from 'mongoose';

/**
 * The purchases of one limited item by one buyer. The units are counted in the orders. This
 * document only makes concurrent purchases conflict: purchases of two variants of a product would
 * otherwise change no common document.
 */
export interface PurchaseRecord {
  /** `toPurchaseId` of the item and the buyer. */
  readonly _id: string;
  /** Number of purchases under a limit. */
  readonly version: number;
}

export const purchaseSchema = new Schema(
  {
    _id: { type: String, required: true },
    version: { type: Number, required: true, min: 1 },
  },
  { collection: 'purchases', versionKey: false },
);
