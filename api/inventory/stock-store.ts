import { RefusedError } from '../../shared/domain/errors.ts';
import { availableUnits, type StockLevel } from '../../shared/domain/vocabulary.ts';
import { toStockLevel } from '../../shared/ledger/stock-levels.ts';
import type { MovementKind, MovementRecord } from '../../shared/store/collections/movements.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { stockOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** @throws RefusedError not_found unless the variant is the caller's */
export async function findLevel(
  store: Store,
  principal: Principal,
  variantId: string,
): Promise<StockLevel> {
  const found = await store.stock.findOne<StockRecord>(
    { _id: variantId, ...stockOwnedBy(principal) },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found !== null) return toStockLevel(found);
  throw noSuchVariant();
}

/** What is told of a variant that does not exist, or not for this caller. */
export function noSuchVariant(): RefusedError {
  return new RefusedError('not_found', 'There is no such variant of this shop.');
}

interface LevelsAsked {
  readonly productId?: string | undefined;
  readonly variantIds?: readonly string[] | undefined;
  readonly isLow: boolean;
}

/** A page of the caller's levels; see `queryLevels`. */
export async function listLevels(
  store: Store,
  principal: Principal,
  { sku, variantIds, ...asked }: LevelsAsked & { readonly sku?: string | undefined },
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<StockRecord[]> {
  if (sku === undefined) {
    return queryLevels(store, principal, { ...asked, variantIds }, page).toArray();
  }
  const ofSku = await findVariantIds(store, principal, sku);
  const wanted = ofSku.filter((id) => variantIds === undefined || variantIds.includes(id));
  return queryLevels(store, principal, { ...asked, variantIds: wanted }, page).toArray();
}

/** Levels have no SKU, which can change: the product knows it. */
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

/** The latest made variants first, after `after`; one more than `limit`, if there is one. */
export function queryLevels(
  store: Store,
  principal: Principal,
  { productId, variantIds, isLow }: LevelsAsked,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
) {
  const asked = {
    ...stockOwnedBy(principal),
    ...(productId !== undefined && { productId }),
    ...((after !== undefined || variantIds !== undefined) && {
      _id: { ...(after && { $lt: after }), ...(variantIds && { $in: [...variantIds] }) },
    }),
  };
  const stages = [
    { $match: { ...asked, ...(isLow && LOW) } },
    { $sort: { _id: -1 } },
    ...(isLow ? stillInCatalogue(store) : []),
    { $limit: limit + 1 },
  ];
  return store.stock.aggregate<StockRecord>(stages, { maxTimeMS: READ_TIMEOUT_MS });
}

const LOW = {
  // Those without a threshold are never low; the index holds the others only.
  lowStockThreshold: { $exists: true },
  $expr: { $lte: [{ $subtract: ['$onHand', '$reserved'] }, '$lowStockThreshold'] },
};

/** Nobody stocks up on what is no longer sold; its level stays, for what comes back of it. */
function stillInCatalogue(store: Store) {
  return [
    {
      $lookup: {
        from: store.products.collectionName,
        localField: '_id',
        foreignField: 'variants.id',
        pipeline: [{ $match: { status: { $ne: 'deleted' } } }, { $project: { _id: 1 } }],
        as: 'productOf',
      },
    },
    { $match: { productOf: { $ne: [] } } },
    { $unset: 'productOf' },
  ];
}

interface MovementsAsked {
  readonly kind?: MovementKind | undefined;
  /** Made from this moment on, and before that one. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Newest first, beginning below version `below`; one more than `limit`, if there is one. */
export function queryMovements(
  store: Store,
  principal: Principal,
  variantId: string,
  { kind, from, to }: MovementsAsked,
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

/** Units of each variant that can be bought now. */
export async function readAvailable(
  store: Store,
  variantIds: readonly string[],
): Promise<Map<string, number>> {
  if (variantIds.length === 0) return new Map();
  const levels = await store.stock
    .find<StockRecord>(
      { _id: { $in: [...variantIds] } },
      { projection: { onHand: 1, reserved: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return new Map(levels.map((level) => [level._id, Math.max(0, availableUnits(level))]));
}
