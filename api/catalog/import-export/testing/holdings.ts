import type { TestApi } from '../../../testing/start-test-api.ts';

let count = 0;

/** Returns an unused SKU. */
export function sku(): string {
  count += 1;
  return `IMP-${count}`;
}

/** Counts the products and stock levels of shop A, visible and hidden, and all imports. */
export async function countHoldings({ context, shopA }: TestApi) {
  const { store } = context;
  const { shopId } = shopA;
  return {
    products: await store.products.countDocuments({ shopId }),
    stock: await store.stock.countDocuments({ shopId }),
    imports: await store.imports.countDocuments(),
  };
}
