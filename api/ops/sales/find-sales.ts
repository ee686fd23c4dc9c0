import type { Store } from '../../../shared/store/store.ts';
import { listProducts } from '../../catalog/listing/list-products.ts';
import { type StockedProduct, withStock } from '../../catalog/product-store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';

/** How many products a search returns at most. */
export const SALES_MAX = 20;

const ID = /^(?:prd|var)_\w+$/;

/**
 * Finds published products by the id of a product or a variant, or by words of titles and SKUs.
 * Without a query, returns the newest products.
 */
export async function findSales(
  store: Store,
  q: string | undefined,
): Promise<readonly StockedProduct[]> {
  if (q !== undefined && ID.test(q)) {
    const field = q.startsWith('prd_') ? '_id' : 'variants.id';
    const product = await store.products.findOne(
      { [field]: q, status: 'published' },
      { maxTimeMS: READ_TIMEOUT_MS },
    );
    return product === null ? [] : [await withStock(store, product)];
  }
  const among = { status: 'published' } as const;
  const list = {
    name: 'ops-sales',
    among,
    filters: { ...(q !== undefined && { q }), limit: SALES_MAX },
  };
  return (await listProducts(store, list)).items;
}
