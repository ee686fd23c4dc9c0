import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { availableUnits } from '../../shared/domain/vocabulary.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** A filter of products. */
export type ProductFilter = {
  readonly _id?: string;
  readonly shopId?: string;
  readonly type?: string;
  readonly status?: ProductStatus | { readonly $ne: ProductStatus };
  readonly importId?: null;
  readonly $or?: readonly ProductFilter[];
};

/** A product with the available units of each variant, by the variant's id. */
export interface StockedProduct extends ProductRecord {
  readonly available: ReadonlyMap<string, number>;
}

/** Leaves out the fields that only sorting and searching use. */
const NOT_SHOWN = { projection: { listed: 0 }, maxTimeMS: READ_TIMEOUT_MS };

/** Finds the product that the filter matches. */
export async function findProduct(
  store: Store,
  filter: ProductFilter,
): Promise<StockedProduct | undefined> {
  const product = await store.products.findOne(filter, NOT_SHOWN);
  return product === null ? undefined : withStock(store, product);
}

/** Finds the products with these ids that match the filter. Returns them by id. */
export async function findProducts(
  store: Store,
  filter: ProductFilter,
  ids: readonly string[],
): Promise<Map<string, StockedProduct>> {
  if (ids.length === 0) return new Map();
  const [products, available] = await Promise.all([
    store.products.find({ $and: [{ _id: { $in: [...ids] } }, filter] }, NOT_SHOWN).toArray(),
    readAvailable(store, 'productId', ids),
  ]);
  return new Map(products.map((product) => [product._id, { ...product, available }]));
}

/**
 * Finds which of the products have available units, without reading the products whole. Only
 * variants that the product still has count, because stock levels outlive their variants.
 */
export async function findAvailableIds(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const maxTimeMS = READ_TIMEOUT_MS;
  const levels = await store.stock
    .find<Pick<StockRecord, '_id' | 'productId'>>(
      { productId: { $in: ids as string[] }, $expr: { $gt: ['$onHand', '$reserved'] } },
      { maxTimeMS, projection: { productId: 1 } },
    )
    .toArray();
  if (levels.length === 0) return new Set();
  const stocked = new Set(levels.map(({ _id }) => _id));
  const products = await store.products
    .find<Pick<ProductRecord, '_id' | 'variants'>>(
      { _id: { $in: levels.map(({ productId }) => productId) } },
      { maxTimeMS, projection: { 'variants.id': 1 } },
    )
    .toArray();
  const isAvailable = ({ variants }: Pick<ProductRecord, 'variants'>) =>
    variants.some(({ id }) => stocked.has(id));
  return new Set(products.filter(isAvailable).map(({ _id }) => _id));
}

/** Adds to a product the available units of its variants. */
export async function withStock(store: Store, product: ProductRecord): Promise<StockedProduct> {
  return { ...product, available: await readAvailable(store, 'productId', [product._id]) };
}

/**
 * Reads how many units of each variant are available now, by the variant's id.
 * @param by the field of stock levels that contains the ids: `_id` is the id of the variant
 */
export async function readAvailable(
  store: Store,
  by: '_id' | 'productId',
  ids: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const among = { $in: [...ids] };
  const filter = by === '_id' ? { _id: among } : { productId: among };
  const levels = await store.stock
    .find(filter, { projection: { onHand: 1, reserved: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  return new Map(levels.map((level) => [level._id, Math.max(0, availableUnits(level))]));
}
