import { toBuyerKey } from '../../domain/discounts/terms.ts';
import type { BuyerUses, DiscountUses } from '../../domain/discounts/uses.ts';
import { isBehindOthers, type LapsedProduct } from '../../domain/lapsed-holds.ts';
import type { QueuedCheckout } from '../../domain/order-drafts.ts';
import { findLimits, type ItemLimits, listLimits } from '../../domain/purchase-limits.ts';
import type { SettlementInput } from '../../domain/settlement.ts';
import type { StockLevel } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session, Store } from '../../store/store.ts';
import { readPurchases } from '../buyer-purchases.ts';
import { readBuyerUses, readUses } from '../discount-uses.ts';
import { readLapsed } from '../lapses/find-lapses.ts';
import { readStock } from '../stock-levels.ts';
import { dropRevokedConfirmations } from './free-orders.ts';
import { joinWaiting } from './join-waiting.ts';
import { readWaiting, type WaitingCheckouts } from './read-waiting.ts';

/** The facts from which a batch is decided. */
interface Batch {
  readonly stock: ReadonlyMap<string, StockLevel>;
  /** All checkouts to decide, as they are stored, in the order of acceptance. */
  readonly checkouts: readonly CheckoutRecord[];
  readonly waiting: WaitingCheckouts;
  /** Everything that the decision depends on. */
  readonly input: SettlementInput;
}

interface BatchQuery {
  readonly at: Date;
  /** Whether to decide without the checkouts that wait for the same units. */
  readonly isAlone: boolean;
  /** Whether to decide all checkouts although more wait than were read. */
  readonly isLast: boolean;
}

/**
 * Reads what the decision of a batch depends on, at the transaction's snapshot. Checkouts that wait
 * for free units of the batch's variants join it.
 * @param open the checkouts of the batch, in the order of acceptance
 */
export async function readBatch(
  store: Store,
  session: Session,
  open: readonly CheckoutRecord[],
  { at, isAlone, isLast }: BatchQuery,
): Promise<Batch> {
  const variantIds = listVariantIds(open);
  const levels = await readStock(store, session, variantIds);
  const waiting = await readWaiting(store, session, isAlone ? [] : levels, variantIds);
  const lapsed = await readLapsed(store, session, open, { levels, at });
  const joined = joinWaiting(open, waiting, lapsed, isLast);
  const stock = new Map(levels.map((level) => [level.variantId, level]));
  const others = listVariantIds(waiting.checkouts).filter((id) => !stock.has(id));
  for (const level of others.length > 0 ? await readStock(store, session, others) : []) {
    stock.set(level.variantId, level);
  }
  const productIds = new Set(joined.flatMap(({ lines }) => lines.map((line) => line.productId)));
  const products = await readProducts(store, session, [...productIds], at);
  const { variantIdsForSale, limits } = products;
  const checkouts = await dropRevokedConfirmations(store, session, joined);
  const situation = { overIds: products.overIds, lapsed, at };
  const claiming = checkouts.map((record) => toClaiming(record, situation));
  const input = {
    checkouts: claiming,
    stock,
    variantIdsForSale,
    ...(await readDiscounts(store, session, joined)),
    ...(limits.size > 0 &&
      (await readLimited(store, session, { checkouts: claiming, limits, at }))),
  };
  return { stock, checkouts: joined, waiting, input };
}

function listVariantIds(checkouts: readonly CheckoutRecord[]): string[] {
  return [...new Set(checkouts.flatMap(({ lines }) => lines.map((line) => line.variantId)))];
}

type ClaimingCheckout = CheckoutRecord & QueuedCheckout;

interface Situation {
  /** Products whose sale is over. */
  readonly overIds: ReadonlySet<string>;
  /** The queued checkouts whose buyers must wait behind others. */
  readonly lapsed: ReadonlyMap<string, LapsedProduct>;
  readonly at: Date;
}

/**
 * Adds to a checkout what the decision depends on: whether it may wait, whether its time to wait is
 * over, and whether it must wait behind others. A checkout that already waits keeps its place.
 */
function toClaiming(
  record: CheckoutRecord,
  { overIds, lapsed: lapsedById, at }: Situation,
): ClaimingCheckout {
  const { _id: id, status, waitUntil, lines, shortage } = record;
  const lapsed = lapsedById.get(id);
  const claiming = { id, ...record, ...(lapsed && { lapsed }) };
  if (waitUntil === undefined) return claiming;
  const isOver = waitUntil <= at || lines.some(({ productId }) => overIds.has(productId));
  const isWaiting = status === 'waiting';
  const isBehind = isWaiting ? isBehindOthers(shortage) : lapsed !== undefined;
  return { ...claiming, wait: { isWaiting, isOver, ...(isBehind && { isBehind }) } };
}

/**
 * Reads the checkouts with these ids, at the snapshot of the session if one is given; unknown ids
 * are left out.
 */
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

/**
 * Reads the checkouts of `candidates` that still have their status at the transaction's snapshot.
 * Those that were parked and replayed meanwhile may have changed otherwise.
 */
export async function readStillOpen(
  store: Store,
  session: Session,
  candidates: readonly CheckoutRecord[],
): Promise<CheckoutRecord[]> {
  const records = await readCheckouts(
    store,
    candidates.map(({ _id }) => _id),
    session,
  );
  return candidates.flatMap(({ _id, status }) => {
    const record = records.get(_id);
    return record?.status === status ? [record] : [];
  });
}

/**
 * Reads which variants of these products are for sale, their purchase limits, and the products
 * whose sale is over. A stock level alone does not allow a sale: the level of a variant stays when
 * the variant is removed from its product.
 */
async function readProducts(
  store: Store,
  session: Session,
  productIds: readonly string[],
  at: Date,
): Promise<{ variantIdsForSale: Set<string>; limits: ItemLimits; overIds: Set<string> }> {
  const products = await store.products
    .find<Pick<ProductRecord, '_id' | 'status' | 'variants' | 'purchaseLimit' | 'saleUntil'>>(
      // By the id alone: with a condition on the status, the server would compare several indexes.
      byIds(productIds),
      { ...inOneBatch(productIds), session, projection: PRODUCT_FIELDS },
    )
    .toArray();
  const published = products.filter(({ status }) => status === 'published');
  const limits = published.flatMap(listLimits);
  return {
    variantIdsForSale: new Set(published.flatMap(({ variants }) => variants.map(({ id }) => id))),
    limits: new Map(limits.map((limit) => [limit.itemId, limit])),
    overIds: new Set(products.filter((product) => isOver(product, at)).map(({ _id }) => _id)),
  };
}

function isOver({ saleUntil }: Pick<ProductRecord, 'saleUntil'>, at: Date): boolean {
  return saleUntil !== undefined && saleUntil <= at;
}

const PRODUCT_FIELDS = {
  status: 1,
  saleUntil: 1,
  purchaseLimit: 1,
  'variants.id': 1,
  'variants.purchaseLimit': 1,
};

interface LimitedCheckouts {
  readonly checkouts: readonly ClaimingCheckout[];
  readonly limits: ItemLimits;
  readonly at: Date;
}

/**
 * Reads what the buyers of limited products have bought. Returns the checkouts with a `purchaser`
 * if they contain such a product.
 */
async function readLimited(
  store: Store,
  session: Session,
  { checkouts, limits, at }: LimitedCheckouts,
): Promise<Pick<SettlementInput, 'checkouts' | 'limits' | 'purchases'>> {
  const isLimited = ({ lines }: CheckoutRecord) => findLimits(lines, limits).length > 0;
  const purchasers = checkouts.map((record) => ({
    ...record,
    ...(isLimited(record) && { purchaser: toBuyerKey(record.storefrontId, record.buyerId) }),
  }));
  const purchases = await readPurchases(store, session, { buyers: checkouts, limits, at });
  return { checkouts: purchasers, limits, purchases };
}

/**
 * Reads the discounts that the checkouts want to use. For discounts with a limit per buyer, also
 * counts the uses of the buyers so far.
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

/** Lists the discounts that the checkouts want to use, without duplicates. */
export function listDiscountIds(checkouts: readonly CheckoutRecord[]): string[] {
  const ids = new Set<string>();
  for (const { discounts } of checkouts) {
    for (const { discountId } of discounts ?? []) ids.add(discountId);
  }
  return [...ids];
}
