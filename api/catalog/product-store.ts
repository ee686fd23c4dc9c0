import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { availableUnits } from '../../shared/domain/vocabulary.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Which products a query is about. */
export interface ProductFilter {
  readonly _id?: string;
  readonly shopId?: string;
  readonly type?: string;
  readonly status?: ProductStatus;
  readonly $or?: readonly ProductFilter[];
}

/** A product with the units of each variant that can be bought, by the variant's id. */
export interface StockedProduct extends ProductRecord {
  readonly available: ReadonlyMap<string, number>;
}

/** The product, if it is among those of the filter. */
export async function findProduct(
  store: Store,
  filter: ProductFilter,
): Promise<StockedProduct | undefined> {
  const found = await store.products
    .findOne(filter as never)
    .maxTimeMS(READ_TIMEOUT_MS)
    .lean<ProductRecord>();
  if (found === null) return undefined;
  const [stocked] = await withStock(store, [found]);
  return stocked;
}

/** Newest first, beginning after the product `after`; one more than `limit`, if there is one. */
export async function listProducts(
  store: Store,
  filter: ProductFilter,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<StockedProduct[]> {
  const { limit, after } = page;
  const found = await store.products
    .find({ ...filter, ...(after !== undefined && { _id: { $lt: after } }) } as never)
    .sort({ _id: -1 })
    .limit(limit + 1)
    .maxTimeMS(READ_TIMEOUT_MS)
    .lean<ProductRecord[]>();
  return withStock(store, found);
}

async function withStock(
  store: Store,
  products: readonly ProductRecord[],
): Promise<StockedProduct[]> {
  if (products.length === 0) return [];
  const levels = await store.stock
    .find({ productId: { $in: products.map((product) => product._id) } })
    .maxTimeMS(READ_TIMEOUT_MS)
    .lean<StockRecord[]>();
  const available = new Map(levels.map((level) => [level._id, availableUnits(level)]));
  return products.map((product) => ({ ...product, available }));
}
