import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { availableUnits } from '../../shared/domain/vocabulary.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Which products a query is about. */
export type ProductFilter = {
  readonly _id?: string;
  readonly shopId?: string;
  readonly type?: string;
  readonly status?: ProductStatus | { readonly $ne: ProductStatus };
  readonly importId?: null;
  readonly $or?: readonly ProductFilter[];
};

/** A product with the units of each variant that can be bought, by the variant's id. */
export interface StockedProduct extends ProductRecord {
  readonly available: ReadonlyMap<string, number>;
}

/** What is sorted and searched by is for the database only. */
const NOT_SHOWN = { projection: { listed: 0 }, maxTimeMS: READ_TIMEOUT_MS };

/** The product, if it is among those of the filter. */
export async function findProduct(
  store: Store,
  filter: ProductFilter,
): Promise<StockedProduct | undefined> {
  const found = await store.products.findOne(filter, NOT_SHOWN);
  return found === null ? undefined : withStock(store, found);
}

/** Those of the products with these ids that are among the filter's, by their ids. */
export async function findProducts(
  store: Store,
  filter: ProductFilter,
  ids: readonly string[],
): Promise<Map<string, StockedProduct>> {
  if (ids.length === 0) return new Map();
  const [found, available] = await Promise.all([
    store.products.find({ $and: [{ _id: { $in: [...ids] } }, filter] }, NOT_SHOWN).toArray(),
    findAvailable(store, ids),
  ]);
  return new Map(found.map((product) => [product._id, { ...product, available }]));
}

/**
 * Which of the products can be bought now. Cheaper than to read them whole, where most of many are
 * not wanted. Levels outlive their variants, so units count only of what the product still has.
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

/** The product with the stock that its variants have now. */
export async function withStock(store: Store, product: ProductRecord): Promise<StockedProduct> {
  return { ...product, available: await findAvailable(store, [product._id]) };
}

async function findAvailable(
  store: Store,
  productIds: readonly string[],
): Promise<Map<string, number>> {
  const levels = await store.stock
    .find(
      { productId: { $in: [...productIds] } },
      { projection: { onHand: 1, reserved: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return new Map(levels.map((level) => [level._id, availableUnits(level)]));
}
