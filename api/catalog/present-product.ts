import type { z } from 'zod';
import { pick } from '../../shared/domain/pick.ts';
import { viewTimes } from '../../shared/domain/product-events.ts';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import { isMetadataVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';
import type { ExceededLimits } from './exceeded-limits.ts';
import type { StockedProduct } from './product-store.ts';
import type { product } from './schemas.ts';

/** Presents a product to a caller; its metadata only to its own shop. */
export function presentProduct(
  record: StockedProduct & { readonly exceeded?: ExceededLimits },
  viewer: Principal,
): z.output<typeof product> {
  const isOwn = isMetadataVisibleTo(viewer, record);
  const { available, variants, createdAt, updatedAt, exceeded } = record;
  return {
    id: record._id,
    ...pick(record, 'shopId', 'title', 'description', 'type', 'attributes', 'purchaseLimit'),
    status: toShownStatus(record),
    variants: variants.map((variant) => presentVariant(variant, available, isOwn)),
    ...(exceeded && presentExceeded(exceeded)),
    ...viewTimes(record),
    ...(record.tags && { tags: [...record.tags] }),
    ...(record.media && { media: record.media.map((item) => pick(item, 'url', 'alt')) }),
    ...(isOwn && pick(record, 'metadata')),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function presentExceeded({ limits, isIncomplete }: ExceededLimits) {
  return {
    ...(limits.length > 0 && { exceededLimits: [...limits] }),
    ...(isIncomplete && { exceededLimitsIncomplete: true }),
  };
}

/** Returns `draft` or `published`. Deleted products are never presented. */
export function toShownStatus({ status }: Pick<ProductRecord, 'status'>): 'draft' | 'published' {
  return status === 'published' ? 'published' : 'draft';
}

/** Presents a variant with its available units, and to its own shop also with its metadata. */
export function presentVariant(
  variant: VariantRecord,
  available: StockedProduct['available'],
  isOwn: boolean,
) {
  return {
    ...pick(variant, 'id', 'sku', 'title', 'price', 'compareAtPrice', 'currency'),
    ...pick(variant, 'options', 'quantityRule', 'purchaseLimit'),
    ...(isOwn && pick(variant, 'metadata')),
    available: Math.max(0, available.get(variant.id) ?? 0),
  };
}
