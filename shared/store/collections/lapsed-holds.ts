import { Schema } from 'mongoose';
import type { OrderRecord } from './orders.ts';
import { toPersonalPrefix } from './personal-checkouts.ts';

/**
 * The holds of a product that a buyer has let lapse in a row. Deleted when an order of the buyer
 * for the product is confirmed, when a sale of the product starts or ends, after `until`, or with
 * the buyer's data.
 */
export interface LapsedHoldsRecord {
  /** `toLapsesId` of the buyer and the product. */
  readonly _id: string;
  readonly productId: string;
  /** The orders that lapsed, oldest first: the last `LAPSES_MAX` of them. */
  readonly orderIds: readonly string[];
  /** Number of `orderIds`. */
  readonly count: number;
  readonly until: Date;
}

export const lapsedHoldsSchema = new Schema(
  {
    _id: { type: String, required: true },
    productId: { type: String, required: true },
    orderIds: { type: [String], required: true },
    count: { type: Number, required: true, min: 1 },
    until: { type: Date, required: true },
  },
  { collection: 'lapsed_holds', versionKey: false },
);

lapsedHoldsSchema.index({ productId: 1, count: -1 }, { name: 'lapses_of_product' });
lapsedHoldsSchema.index({ until: 1 }, { name: 'lapses_by_end' });

type Buyer = Pick<OrderRecord, 'storefrontId' | 'buyerId'>;

/** Identifies the lapsed holds of a product by a buyer; begins with the prefix of the buyer. */
export function toLapsesId(buyer: Buyer, productId: string): string {
  return `${toPersonalPrefix(buyer)}${productId}`;
}
