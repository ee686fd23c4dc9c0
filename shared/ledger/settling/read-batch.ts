import { toBuyerKey } from '../../domain/discounts/terms.ts';
import type { BuyerUses, DiscountUses } from '../../domain/discounts/uses.ts';
import { findLimits, type ItemLimits, listLimits } from '../../domain/purchase-limits.ts';
import type { SettlementInput } from '../../domain/settlement.ts';
import type { StockLevel } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session, Store } from '../../store/store.ts';
import { readPurchases } from '../buyer-purchases.ts';
import { readBuyerUses, readUses } from '../discount-uses.ts';
import { readStock } from '../stock-levels.ts';
import { dropRevokedConfirmations } from './free-orders.ts';

/** What a batch is decided from. */
interface Batch {
  readonly stock: ReadonlyMap<string, StockLevel>;
  /** Everything that the decision depends on. */
  readonly input: SettlementInput;
}

/** Reads what the decision of a batch depends on, at the transaction's snapshot. */
export async function readBatch(
  store: Store,
  session: Session,
  queued: readonly CheckoutRecord[],
  at: Date,
): Promise<Batch> {
  const lines = queued.flatMap((record) => record.lines);
  const variantIds = [...new Set(lines.map((line) => line.variantId))];
  const levels = await readStock(store, session, variantIds);
  const stock = new Map(levels.map((level) => [level.variantId, level]));
  const productIds = [...new Set(lines.map((line) => line.productId))];
  const { variantIdsForSale, limits } = await readProducts(store, session, productIds);
  const checkouts = await dropRevokedConfirmations(store, session, queued);
  const input = {
    checkouts: checkouts.map((record) => ({ id: record._id, ...record })),
    stock,
    variantIdsForSale,
    ...(await readDiscounts(store, session, queued)),
    ...(limits.size > 0 && (await readLimited(store, session, { checkouts, limits, at }))),
  };
  return { stock, input };
}

/** Reads the checkouts with these ids, now or at a snapshot; missing ones are left out. */
export async function readCheckouts(
  store: Store,
  ids: readonly string[],
  session?: Session,
): Promise<Map<string, CheckoutRecord>> {
  if (ids.length === 0) return new Map();
  const records = await store.checkouts
    .find<CheckoutRecord>(byIds(ids), { ...inOneBatch(ids), ...(session && { session }) })
    .toArray();
  return new Map(records.map((record) => [record._id, record]));
}

/** Returns those of the checkouts that are still queued at the transaction's snapshot. */
export async function readStillQueued(
  store: Store,
  session: Session,
  candidates: readonly CheckoutRecord[],
): Promise<CheckoutRecord[]> {
  const ids = candidates.map((record) => record._id);
  const found = await store.checkouts
    .find<{ _id: string }>(
      { _id: { $in: ids }, status: 'queued' },
      { ...inOneBatch(ids), session, projection: { _id: 1 } },
    )
    .toArray();
  const queued = new Set(found.map((record) => record._id));
  return candidates.filter((record) => queued.has(record._id));
}

/**
 * Reads which variants of these products are for sale, and their purchase limits. A level alone does
 * not allow a sale: the level of a variant stays when the variant is removed from its product.
 */
async function readProducts(
  store: Store,
  session: Session,
  productIds: readonly string[],
): Promise<{ variantIdsForSale: Set<string>; limits: ItemLimits }> {
  const found = await store.products
    .find<Pick<ProductRecord, '_id' | 'status' | 'variants' | 'purchaseLimit'>>(
      // By nothing but the id: with the status, the server would compare several indexes.
      byIds(productIds),
      { ...inOneBatch(productIds), session, projection: PRODUCT_FIELDS },
    )
    .toArray();
  const published = found.filter(({ status }) => status === 'published');
  const limits = published.flatMap(listLimits);
  return {
    variantIdsForSale: new Set(published.flatMap(({ variants }) => variants.map(({ id }) => id))),
    limits: new Map(limits.map((limit) => [limit.itemId, limit])),
  };
}

const PRODUCT_FIELDS = {
  status: 1,
  purchaseLimit: 1,
  'variants.id': 1,
  'variants.purchaseLimit': 1,
};

interface LimitedCheckouts {
  readonly checkouts: readonly CheckoutRecord[];
  readonly limits: ItemLimits;
  readonly at: Date;
}

/** Reads what the buyers of limited products have bought of them. */
async function readLimited(
  store: Store,
  session: Session,
  { checkouts, limits, at }: LimitedCheckouts,
): Promise<Pick<SettlementInput, 'checkouts' | 'limits' | 'purchases'>> {
  const isLimited = ({ lines }: CheckoutRecord) => findLimits(lines, limits).length > 0;
  const buyers = checkouts.filter(isLimited);
  const purchasers = checkouts.map((record) => ({
    id: record._id,
    ...record,
    ...(isLimited(record) && { purchaser: toBuyerKey(record.storefrontId, record.buyerId) }),
  }));
  const purchases = await readPurchases(store, session, { buyers, limits, at });
  return { checkouts: purchasers, limits, purchases };
}

/**
 * Reads the discounts that the checkouts want to use, and earlier uses where a buyer is limited.
 */
async function readDiscounts(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
): Promise<{ discounts?: ReadonlyMap<string, DiscountUses>; buyerUses?: BuyerUses }> {
  const discountIds = listDiscountIds(checkouts);
  if (discountIds.length === 0) return {};
  const discounts = await readUses(store, session, discountIds);
  const isLimited = ({ discountId }: { readonly discountId: string }) =>
    discounts.get(discountId)?.usageLimitPerBuyer !== undefined;
  const limited = checkouts.filter((checkout) => checkout.discounts?.some(isLimited));
  const buyerKeys = [...new Set(limited.flatMap(({ buyerKey }) => buyerKey ?? []))];
  return { discounts, buyerUses: await readBuyerUses(store, session, discounts, buyerKeys) };
}

/** Lists the discounts that the checkouts want to use, each once. */
export function listDiscountIds(checkouts: readonly CheckoutRecord[]): string[] {
  const ids = new Set<string>();
  for (const { discounts } of checkouts) {
    for (const { discountId } of discounts ?? []) ids.add(discountId);
  }
  return [...ids];
}
