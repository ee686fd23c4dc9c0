import type { z } from 'zod';
import type { StockedProduct } from './product-store.ts';
import type { product } from './schemas.ts';

/** A product as everybody sees it. */
export function presentProduct(record: StockedProduct): z.output<typeof product> {
  const { description, available } = record;
  return {
    id: record._id,
    shopId: record.shopId,
    title: record.title,
    ...(description !== undefined && { description }),
    type: record.type,
    attributes: { ...record.attributes },
    status: record.status,
    variants: record.variants.map(({ id, sku, title, price, currency, options }) => ({
      id,
      sku,
      ...(title !== undefined && { title }),
      price,
      currency,
      ...(options !== undefined && { options: { ...options } }),
      available: Math.max(0, available.get(id) ?? 0),
    })),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
  };
}
