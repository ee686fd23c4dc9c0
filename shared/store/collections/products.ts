import { Schema } from 'mongoose';
import type { ProductStatus } from '../../domain/vocabulary.ts';

/** What can be bought: `price` in minor units of `currency`. */
export interface VariantRecord {
  readonly id: string;
  readonly sku: string;
  readonly title?: string;
  readonly price: number;
  readonly currency: string;
  readonly options?: Readonly<Record<string, string>>;
}

export interface ProductRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: ProductStatus;
  readonly variants: readonly VariantRecord[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const productSchema = new Schema<ProductRecord>(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    title: { type: String, required: true },
    description: String,
    type: { type: String, required: true },
    attributes: { type: Schema.Types.Mixed, required: true, default: {} },
    status: { type: String, required: true, enum: ['draft', 'published'] },
    variants: {
      type: [
        {
          _id: false,
          id: { type: String, required: true },
          sku: { type: String, required: true },
          title: String,
          price: { type: Number, required: true, min: 0 },
          currency: { type: String, required: true },
          options: { type: Schema.Types.Mixed },
        },
      ],
      required: true,
    },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'products', versionKey: false, minimize: false },
);

productSchema.index({ 'variants.id': 1 }, { name: 'product_of_variant', unique: true });
productSchema.index({ shopId: 1, 'variants.sku': 1 }, { name: 'one_sku_per_shop', unique: true });
productSchema.index({ status: 1, _id: -1 }, { name: 'products_by_status' });
productSchema.index({ shopId: 1, _id: -1 }, { name: 'products_of_shop' });
