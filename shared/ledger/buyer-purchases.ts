import { toBuyerKey } from '../domain/discounts/terms.ts';
import { USING_STATUSES } from '../domain/discounts/uses.ts';
import {
  type BuyerPurchases,
  type CountedOrder,
  countBought,
  countedAfter,
  findLimits,
  type ItemLimit,
  type ItemLimits,
  type PurchaseChange,
  type Purchases,
  toPurchaseId,
} from '../domain/purchase-limits.ts';
import type { PricedLine } from '../domain/vocabulary.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { PurchaseRecord } from '../store/collections/purchases.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';
import { StaleReadError } from '../store/transaction.ts';
import type { Filter } from '../store/typed-collection.ts';
import { writable } from '../store/writable.ts';

/** A buyer, identified by `buyerId` among the buyers of the storefront. */
export type Buyer = Pick<OrderRecord, 'storefrontId' | 'buyerId'>;

/**
 * The maximum number of orders of a buyer that are counted. A name with more orders at its
 * storefront is not one person but, for example, the name of all guests. It counts as having
 * reached every limit, so that reading the orders of one name cannot stop a batch.
 */
const BUYER_ORDERS_MAX = 10_000;

const INDEX = 'orders_of_storefronts_buyer';

const COUNTED_FIELDS = {
  storefrontId: 1,
  buyerId: 1,
  status: 1,
  placedAt: 1,
  'lines.variantId': 1,
  'lines.productId': 1,
  'lines.quantity': 1,
  reductions: 1,
  'purchaseLimits.days': 1,
  'purchaseLimits.since': 1,
};

/** A buyer, with the lines that it buys. */
type Purchaser = Buyer & {
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'productId' | 'quantity'>[];
};

/** The buyers and the limits, by the id of their item. */
interface PurchaseQuery {
  readonly buyers: readonly Purchaser[];
  readonly limits: ItemLimits;
  readonly at: Date;
  /**
   * Whether to leave out pending orders past `reservedUntil`. A preview does, because a settlement
   * would expire these orders first.
   */
  readonly isWithoutLapsed?: boolean;
  /** For each read; without a limit by default. */
  readonly maxTimeMS?: number;
}

/** A limit that applies to a buyer's lines. */
interface AppliedLimit {
  readonly limit: ItemLimit;
  readonly buyer: Buyer;
}

/**
 * Counts, for each limited item of a buyer's lines, the units that the buyer has bought, at the
 * transaction's snapshot. Orders from before a limit existed count too, so orders are found by
 * their buyer.
 */
export async function readPurchases(
  store: Store,
  session: Session,
  query: PurchaseQuery,
): Promise<BuyerPurchases> {
  const applied = listApplied(query);
  const ids = [...applied.keys()];
  const purchases = new Map<string, Purchases>();
  if (ids.length === 0) return purchases;
  const { at, maxTimeMS } = query;
  const options = { session, ...(maxTimeMS !== undefined && { maxTimeMS }) };
  const buyers = new Map(Array.from(applied.values(), ({ buyer }) => [toKey(buyer), buyer]));
  const { count, uncountable } = await countOrders(store, [...buyers.values()], options);
  for (const key of uncountable) buyers.delete(key);
  const counted = {
    // New buyers have no orders to read.
    buyers: count === 0 ? [] : [...buyers.values()],
    limits: Array.from(applied.values(), ({ limit }) => limit),
  };
  const orders = Map.groupBy(await readOrders(store, query, counted, options), toKey);
  const records = await store.purchases
    .find<PurchaseRecord>({ _id: { $in: ids } }, options)
    .toArray();
  const versions = new Map(records.map(({ _id, version }) => [_id, version]));
  for (const [id, { limit, buyer }] of applied) {
    const key = toKey(buyer);
    const isReached = uncountable.has(key);
    const bought = isReached ? limit.quantity : countBought(limit, orders.get(key) ?? [], at);
    purchases.set(id, { bought, version: versions.get(id) ?? 0 });
  }
  return purchases;
}

/** Lists the limits of each buyer's own lines, by `toPurchaseId`. */
function listApplied({ buyers, limits }: PurchaseQuery): ReadonlyMap<string, AppliedLimit> {
  const applied = new Map<string, AppliedLimit>();
  for (const buyer of buyers) {
    for (const limit of findLimits(buyer.lines, limits)) {
      applied.set(toPurchaseId(limit.itemId, toKey(buyer)), { limit, buyer });
    }
  }
  return applied;
}

function toKey({ storefrontId, buyerId }: Buyer): string {
  return toBuyerKey(storefrontId, buyerId);
}

interface ReadOptions {
  readonly session: Session;
  readonly maxTimeMS?: number;
}

interface OrderCount {
  /** The number of orders of all buyers, up to `BUYER_ORDERS_MAX + 1`. */
  readonly count: number;
  /** The keys of the buyers with more than `BUYER_ORDERS_MAX` orders. */
  readonly uncountable: ReadonlySet<string>;
}

/**
 * Counts orders of any status, by the entries of the index of a buyer's orders. If there are too
 * many, counts those of each half of the buyers, down to single buyers.
 */
async function countOrders(
  store: Store,
  buyers: readonly Buyer[],
  options: ReadOptions,
): Promise<OrderCount> {
  const count = await store.orders.countDocuments(ofBuyers(buyers), {
    ...options,
    hint: INDEX,
    limit: BUYER_ORDERS_MAX + 1,
  });
  if (count <= BUYER_ORDERS_MAX) return { count, uncountable: new Set() };
  if (buyers.length === 1) return { count, uncountable: new Set(buyers.map(toKey)) };
  const middle = Math.ceil(buyers.length / 2);
  const first = await countOrders(store, buyers.slice(0, middle), options);
  const second = await countOrders(store, buyers.slice(middle), options);
  return { count, uncountable: new Set([...first.uncountable, ...second.uncountable]) };
}

/** Returns a filter for the orders of these buyers, which are ranges of their index. */
function ofBuyers(buyers: readonly Buyer[]): Filter<OrderRecord> {
  const byStorefront = Map.groupBy(buyers, ({ storefrontId }) => storefrontId);
  const filters = Array.from(byStorefront, ([storefrontId, own]) => ({
    buyerId: { $in: own.map(({ buyerId }) => buyerId) },
    storefrontId,
  }));
  return { $or: filters };
}

async function readOrders(
  store: Store,
  { at, isWithoutLapsed }: PurchaseQuery,
  { buyers, limits }: { readonly buyers: readonly Buyer[]; readonly limits: readonly ItemLimit[] },
  options: ReadOptions,
): Promise<(Buyer & CountedOrder)[]> {
  if (buyers.length === 0) return [];
  const productIds = new Set<string>();
  let from: Date | undefined = at;
  for (const limit of limits) {
    productIds.add(limit.productId);
    const after = countedAfter(limit, at);
    from = from && after && (after < from ? after : from);
  }
  return store.orders
    .find<Buyer & CountedOrder>(
      {
        ...ofBuyers(buyers),
        ...(from && {
          $and: [
            { $or: [{ placedAt: { $gt: from } }, { 'purchaseLimits.since': { $exists: true } }] },
          ],
        }),
        status: { $in: [...USING_STATUSES] },
        'lines.productId': { $in: [...productIds] },
        ...(isWithoutLapsed && { $nor: [{ status: 'pending', reservedUntil: { $lte: at } }] }),
      },
      { ...options, projection: COUNTED_FIELDS, hint: INDEX },
    )
    .toArray();
}

/**
 * Increments the version of each buyer's purchases of each limited item, on the condition that it
 * has not changed since it was read. Each new order that counts toward a limit increments the
 * version, so this condition guards every limit.
 * @throws StaleReadError if a version has changed; the transaction must then run again
 */
export async function writePurchases(
  store: Store,
  session: Session,
  changes: readonly PurchaseChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const { purchases } = writable(store);
  const toInsert = changes.filter(({ fromVersion }) => fromVersion === 0);
  const toUpdate = changes.filter(({ fromVersion }) => fromVersion > 0);
  if (toInsert.length > 0) {
    const records = toInsert.map(({ purchaseId: _id, toVersion: version }) => ({ _id, version }));
    try {
      await purchases.insertMany(records, { session, ordered: false });
    } catch (error) {
      throw isDuplicateKey(error, '_id_') ? new StaleReadError('a purchase') : error;
    }
  }
  if (toUpdate.length === 0) return;
  const result = await purchases.bulkWrite(
    toUpdate.map(({ purchaseId, fromVersion, toVersion }) => ({
      updateOne: {
        filter: { _id: purchaseId, version: fromVersion },
        update: { $set: { version: toVersion } },
      },
    })),
    { session, ordered: false },
  );
  if (result.matchedCount !== toUpdate.length) throw new StaleReadError('a purchase');
}
