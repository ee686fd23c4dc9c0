import { Schema } from 'mongoose';
import type { Listing } from '../../domain/listing.ts';
import type { Metadata } from '../../domain/metadata.ts';
import type { PurchaseLimit } from '../../domain/purchase-limits.ts';
import type { QuantityRule } from '../../domain/quantity-rule.ts';
import type { ProductStatus } from '../../domain/vocabulary.ts';
import { ifPresent } from './if-present.ts';

/** A variant, the thing that can be bought. Prices are in minor units. */
export interface VariantRecord {
  readonly id: string;
  readonly sku: string;
  readonly title?: string;
  readonly price: number;
  readonly compareAtPrice?: number;
  readonly currency: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly quantityRule?: QuantityRule;
  /** Limits what one buyer may buy of this variant. */
  readonly purchaseLimit?: PurchaseLimit;
  readonly metadata?: Metadata;
}

/** An image or video, which is stored elsewhere. */
export interface MediaRecord {
  readonly url: string;
  readonly alt?: string;
}

/** A product with its variants. */
export interface ProductRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: ProductStatus;
  readonly variants: readonly VariantRecord[];
  /** Limits what one buyer may buy of all variants together. */
  readonly purchaseLimit?: PurchaseLimit;
  readonly tags?: readonly string[];
  readonly media?: readonly MediaRecord[];
  readonly metadata?: Metadata;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When a draft is published automatically. */
  readonly publishAt?: Date;
  /** When it can be bought: from `saleFrom` on, and before `saleUntil`. */
  readonly saleFrom?: Date;
  readonly saleUntil?: Date;
  /** The earliest of `publishAt`, `saleFrom` and `saleUntil` that has not been acted on. */
  readonly nextTimeAt?: Date;
  /**
   * Its sale started while it was a draft. The event is sent if it is published before the sale
   * ends.
   */
  readonly isStartUnsent?: true;
  /** Number of changes; absent is 0. */
  readonly revision?: number;
  /** The request that made the last change; its retry finds that the change is already stored. */
  readonly changeId?: string;
  /** Set while it is being imported. It is hidden until its import is committed. */
  readonly importId?: string;
  /** Its first line in the imported file; set together with `importId`. */
  readonly importLine?: number;
  /** The fields that lists and searches read. */
  readonly listed?: Listing;
}

export const productSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    title: { type: String, required: true },
    description: String,
    type: { type: String, required: true },
    attributes: { type: Schema.Types.Mixed, required: true, default: {} },
    status: { type: String, required: true, enum: ['draft', 'published', 'deleted'] },
    variants: {
      type: [
        {
          _id: false,
          id: { type: String, required: true },
          sku: { type: String, required: true },
          title: String,
          price: { type: Number, required: true, min: 0 },
          compareAtPrice: Number,
          currency: { type: String, required: true },
          options: { type: Schema.Types.Mixed },
          quantityRule: { type: Schema.Types.Mixed },
          purchaseLimit: { type: Schema.Types.Mixed },
          metadata: { type: Schema.Types.Mixed },
        },
      ],
      required: true,
    },
    purchaseLimit: { type: Schema.Types.Mixed },
    tags: { type: [String], default: undefined },
    media: { type: [{ _id: false, url: String, alt: String }], default: undefined },
    metadata: { type: Schema.Types.Mixed },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    publishAt: Date,
    saleFrom: Date,
    saleUntil: Date,
    nextTimeAt: Date,
    isStartUnsent: Boolean,
    revision: Number,
    changeId: String,
    importId: String,
    importLine: Number,
    listed: {
      type: new Schema(
        {
          ...{ price: Number, title: String, length: Number, words: [String] },
          tags: { type: [String], default: undefined },
        },
        { _id: false },
      ),
    },
  },
  { collection: 'products', versionKey: false, minimize: false },
);

productSchema.index({ 'variants.id': 1 }, { name: 'product_of_variant', unique: true });
// A deleted product keeps its SKUs, but another product may use them.
productSchema.index(
  { shopId: 1, 'variants.sku': 1 },
  {
    name: 'live_one_sku_per_shop',
    unique: true,
    partialFilterExpression: { status: { $in: ['draft', 'published'] } },
  },
);
// For lists that span all shops: a SKU is unique only within its shop.
productSchema.index({ 'variants.sku': 1 }, { name: 'products_by_sku' });
productSchema.index(
  { importId: 1, _id: 1 },
  { name: 'products_being_imported', ...ifPresent('importId') },
);
productSchema.index(
  { nextTimeAt: 1 },
  { name: 'products_by_next_time', ...ifPresent('nextTimeAt') },
);
productSchema.index({ status: 1, _id: -1 }, { name: 'products_by_status' });
productSchema.index({ shopId: 1, _id: -1 }, { name: 'products_of_shop' });
productSchema.index({ status: 1, 'listed.price': 1, _id: 1 }, { name: 'products_by_price' });
productSchema.index({ status: 1, 'listed.title': 1, _id: 1 }, { name: 'products_by_title' });
productSchema.index(
  { 'listed.tags': 1, status: 1, _id: -1 },
  { name: 'products_by_tag', ...ifPresent('listed.tags') },
);
// Contains all that a search reads of a product. For each word the shortest titles come first, then
// the newest products.
productSchema.index(
  { 'listed.words': 1, status: 1, 'listed.length': 1, _id: -1, shopId: 1 },
  { name: 'products_by_search_word' },
);
