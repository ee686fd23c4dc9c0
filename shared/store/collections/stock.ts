import { Schema } from 'mongoose';
import type { StockLevel } from '../../domain/vocabulary.ts';
import { ifPresent } from './if-present.ts';

/** The stock level of one variant. Each variant has exactly one. */
export interface StockRecord extends Omit<StockLevel, 'variantId'> {
  /** The variant's id. */
  readonly _id: string;
}

const count = { type: Number, required: true, default: 0, min: 0 };

export const stockSchema = new Schema(
  {
    _id: { type: String, required: true },
    productId: { type: String, required: true },
    shopId: { type: String, required: true },
    onHand: count,
    reserved: count,
    sold: count,
    version: count,
    lowStockThreshold: Number,
    heldByUnlisted: Number,
    waits: Number,
    freedAt: Date,
    lapses: Number,
  },
  { collection: 'stock', versionKey: false },
);

stockSchema.index({ productId: 1 }, { name: 'stock_of_product' });
// No index contains a counter, so a sale changes no index.
stockSchema.index({ shopId: 1, _id: -1 }, { name: 'stock_of_shop' });
stockSchema.index(
  { shopId: 1, _id: -1, lowStockThreshold: 1 },
  { name: 'watched_stock_of_shop', ...ifPresent('lowStockThreshold') },
);
// Few variants have waiting checkouts. A further waiting checkout changes no index.
stockSchema.index({ productId: 1, _id: 1 }, { name: 'awaited_stock', ...ifPresent('waits') });

/**
 * Makes the database refuse impossible levels from any writer. The ledger's conditional writes
 * never produce them; this guards against updates typed into a shell.
 */
export const stockValidator = {
  $expr: {
    $and: [
      { $gte: ['$onHand', 0] },
      { $gte: ['$reserved', 0] },
      { $gte: ['$sold', 0] },
      { $lte: ['$reserved', '$onHand'] },
    ],
  },
};
