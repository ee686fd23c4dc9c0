import type { Store } from '../../../shared/store/store.ts';
import { listProducts } from '../../catalog/listing/list-products.ts';
import { type StockedProduct, withStock } from '../../catalog/product-store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';

/** The most products that a search returns. */
export const SALES_MAX = 20;

const ID = /^(?:prd|var)_\w+$/;

/**
 * Finds published products: one by its id or that of a variant, otherwise by words of titles and
 * SKUs. Without a query it returns the newest.
 */
export async function findSales(
  store: Store,
  q: string | undefined,
): Promise<readonly StockedProduct[]> {
  if (q !== undefined && ID.test(q)) {
    const field = q.startsWith('prd_') ? '_id' : 'variants.id';
    const found = await store.products.findOne(
      { [field]: q, status: 'published' },
      { maxTimeMS: READ_TIMEOUT_MS },
    );
    return found === null ? [] : [await withStock(store, found)];
  }
  const among = { status: 'published' } as const;
  const list = {
    name: 'ops-sales',
    among,
    filters: { ...(q !== undefined && { q }), limit: SALES_MAX },
  };
  return (await listProducts(store, list)).items;
}
