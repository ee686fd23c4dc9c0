import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { ProductRequest } from '../schemas.ts';

/** The request that makes a product like this one: all that its shop says of it, and no ids. */
export function productRequestOf(record: ProductRecord): ProductRequest {
  const { title, description, type, attributes, variants } = record;
  return {
    title,
    ...(description !== undefined && { description }),
    type,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    variants: variants.map(({ id: _, ...variant }) => ({
      ...variant,
      ...(variant.options !== undefined && { options: { ...variant.options } }),
    })),
  } as ProductRequest;
}
