import type { z } from 'zod';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import { toEtag } from '../http/etag.ts';
import type { StockedProduct } from './product-store.ts';
import type { product } from './schemas.ts';

/** Presents a product. */
export function presentProduct(record: StockedProduct): z.output<typeof product> {
  const { description, available } = record;
  return {
    id: record._id,
    shopId: record.shopId,
    title: record.title,
    ...(description !== undefined && { description }),
    type: record.type,
    attributes: { ...record.attributes },
    status: record.status === 'published' ? 'published' : 'draft',
    variants: record.variants.map((variant) => presentVariant(variant, available)),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
  };
}

/** Presents a variant with its available units. */
export function presentVariant(variant: VariantRecord, available: StockedProduct['available']) {
  const { id, sku, title, price, compareAtPrice, currency, options, quantityRule } = variant;
  return {
    id,
    sku,
    ...(title !== undefined && { title }),
    price,
    ...(compareAtPrice !== undefined && { compareAtPrice }),
    currency,
    ...(options !== undefined && { options: { ...options } }),
    ...(quantityRule !== undefined && { quantityRule: { ...quantityRule } }),
    available: Math.max(0, available.get(id) ?? 0),
  };
}

/** Headers of a response with one product. The tag does not depend on its stock. */
export function productHeaders({ revision = 0 }: Pick<ProductRecord, 'revision'>) {
  return { etag: toEtag(revision) };
}

/** Descriptions of these headers for the OpenAPI document. */
export const PRODUCT_HEADERS = {
  ETag: 'For `If-Match`. It changes with the product, not its stock.',
};
