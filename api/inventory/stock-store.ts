import { RefusedError } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { toStockLevel } from '../../shared/ledger/stock-levels.ts';
import type { MovementKind, MovementRecord } from '../../shared/store/collections/movements.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { stockOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { listTiedTo, type PageRequest, pageFrom, placeFromCursor } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { presentMovement } from './present-stock.ts';
import type { MovementsQuery } from './schemas.ts';

/**
 * Returns the stock level of one of the caller's variants.
 * @throws RefusedError not_found unless the variant belongs to the caller's shop
 */
export async function findLevel(
  store: Store,
  principal: Principal,
  variantId: string,
): Promise<StockLevel> {
  const record = await store.stock.findOne<StockRecord>(
    { _id: variantId, ...stockOwnedBy(principal) },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (record !== null) return toStockLevel(record);
  throw noSuchVariant();
}

/** Returns the product ids of these variants by variant id, without variants of other shops. */
export async function findProductIds(
  store: Store,
  principal: Principal,
  variantIds: readonly string[],
): Promise<Map<string, string>> {
  const levels = await store.stock
    .find<Pick<StockRecord, '_id' | 'productId'>>(
      { _id: { $in: [...variantIds] }, ...stockOwnedBy(principal) },
      { projection: { productId: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return new Map(levels.map(({ _id, productId }) => [_id, productId]));
}

/** Returns the error for a variant that does not exist, or that belongs to another shop. */
export function noSuchVariant(): RefusedError {
  return new RefusedError('not_found', 'There is no such variant of this shop.');
}

interface LevelFilters {
  readonly productId?: string | undefined;
  readonly variantIds?: readonly string[] | undefined;
  readonly isLow: boolean;
}

/**
 * Reads a page of the caller's levels and one level more, like `queryLevels`. With `sku`, reads
 * only the levels of variants with this SKU.
 */
export async function listLevels(
  store: Store,
  principal: Principal,
  { sku, variantIds, ...filters }: LevelFilters & { readonly sku?: string | undefined },
  page: PageRequest,
): Promise<StockRecord[]> {
  const idsWithSku = sku === undefined ? undefined : await findVariantIds(store, principal, sku);
  const ids = idsWithSku?.filter((id) => variantIds?.includes(id) ?? true) ?? variantIds;
  return queryLevels(store, principal, { ...filters, variantIds: ids }, page).toArray();
}

/** Finds variants by SKU. Stock levels do not contain SKUs, because a variant's SKU can change. */
async function findVariantIds(store: Store, principal: Principal, sku: string): Promise<string[]> {
  const { shopId } = stockOwnedBy(principal);
  const products = await store.products
    .find<Pick<ProductRecord, 'variants'>>(
      { shopId, 'variants.sku': sku, status: { $in: ['draft', 'published'] }, importId: null },
      { projection: { 'variants.id': 1, 'variants.sku': 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const variants = products.flatMap((product) => product.variants);
  return variants.filter((variant) => variant.sku === sku).map(({ id }) => id);
}

/** Queries at most `limit` + 1 levels with ids below `after`, newest variants first. */
export function queryLevels(
  store: Store,
  principal: Principal,
  { productId, variantIds, isLow }: LevelFilters,
  { limit, after }: PageRequest,
) {
  const filter = {
    ...stockOwnedBy(principal),
    ...(productId !== undefined && { productId }),
    ...((after !== undefined || variantIds !== undefined) && {
      _id: { ...(after && { $lt: after }), ...(variantIds && { $in: [...variantIds] }) },
    }),
  };
  const stages = [
    { $match: { ...filter, ...(isLow && LOW) } },
    { $sort: { _id: -1 } },
    ...(isLow ? stillInCatalogue(store) : []),
    { $limit: limit + 1 },
  ];
  return store.stock.aggregate<StockRecord>(stages, { maxTimeMS: READ_TIMEOUT_MS });
}

const LOW = {
  // Levels without a threshold are never low, and the index does not contain them.
  lowStockThreshold: { $exists: true },
  $expr: { $lte: [{ $subtract: ['$onHand', '$reserved'] }, '$lowStockThreshold'] },
};

/**
 * Returns stages that leave out the levels of deleted variants. These levels are kept because units
 * may be returned later.
 */
function stillInCatalogue(store: Store) {
  return [
    {
      $lookup: {
        from: store.products.collectionName,
        localField: '_id',
        foreignField: 'variants.id',
        pipeline: [{ $match: { status: { $ne: 'deleted' } } }, { $project: { _id: 1 } }],
        as: 'products',
      },
    },
    { $match: { products: { $ne: [] } } },
    { $unset: 'products' },
  ];
}

interface MovementFilters {
  readonly kind?: MovementKind | undefined;
  /** Recorded at this moment or later. */
  readonly from?: Date | undefined;
  /** Recorded before this moment. */
  readonly to?: Date | undefined;
}

/** Queries at most `limit` + 1 movements with versions lower than `below`, newest first. */
export function queryMovements(
  store: Store,
  principal: Principal,
  variantId: string,
  { kind, from, to }: MovementFilters,
  { limit, below }: { readonly limit: number; readonly below: number | undefined },
) {
  const at = { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) };
  return store.movements
    .find<MovementRecord>(
      {
        variantId,
        ...stockOwnedBy(principal),
        ...(kind !== undefined && { kind }),
        ...(Object.keys(at).length > 0 && { at }),
        ...(below !== undefined && { version: { $lt: below } }),
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ version: -1 })
    .limit(limit + 1);
}

/**
 * Lists the movements of one of the caller's variants, newest first.
 * @throws RefusedError not_found, or invalid_request if the cursor is invalid or belongs to another list
 */
export async function listMovements(
  store: Store,
  principal: Principal,
  variantId: string,
  { limit, cursor, ...filters }: MovementsQuery,
) {
  await findLevel(store, principal, variantId);
  const list = listTiedTo(`movements ${variantId}`, filters);
  // Movements are sorted by version, because ids from several processes may sort differently.
  const [below] = placeFromCursor(list, ['number'], cursor) ?? [];
  const page = { limit, below: below === undefined ? undefined : Number(below) };
  const movements = await queryMovements(store, principal, variantId, filters, page).toArray();
  return pageFrom(list, movements, limit, presentMovement, ({ version }) => [version]);
}
