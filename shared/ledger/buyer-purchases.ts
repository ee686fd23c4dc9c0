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
import { writable } from '../store/writable.ts';

/** A buyer, identified by `buyerId` among the buyers of the storefront. */
export type Buyer = Pick<OrderRecord, 'storefrontId' | 'buyerId'>;

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
  const orders = Map.groupBy(
    await readOrders(store, session, query, [...applied.values()]),
    toKey,
  );
  const records = await store.purchases
    .find<PurchaseRecord>({ _id: { $in: ids } }, { session })
    .toArray();
  const versions = new Map(records.map(({ _id, version }) => [_id, version]));
  for (const [id, { limit, buyer }] of applied) {
    const bought = countBought(limit, orders.get(toKey(buyer)) ?? [], query.at);
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

async function readOrders(
  store: Store,
  session: Session,
  { at, isWithoutLapsed }: PurchaseQuery,
  applied: readonly AppliedLimit[],
): Promise<(Buyer & CountedOrder)[]> {
  const buyers = applied.map(({ buyer }) => buyer);
  const productIds = new Set<string>();
  let from: Date | undefined = at;
  for (const { limit } of applied) {
    productIds.add(limit.productId);
    const after = countedAfter(limit, at);
    from = from && after && (after < from ? after : from);
  }
  return store.orders
    .find<Buyer & CountedOrder>(
      {
        buyerId: { $in: [...new Set(buyers.map(({ buyerId }) => buyerId))] },
        ...(from && {
          $or: [{ placedAt: { $gt: from } }, { 'purchaseLimits.since': { $exists: true } }],
        }),
        storefrontId: { $in: [...new Set(buyers.map(({ storefrontId }) => storefrontId))] },
        status: { $in: [...USING_STATUSES] },
        'lines.productId': { $in: [...productIds] },
        ...(isWithoutLapsed && { $nor: [{ status: 'pending', reservedUntil: { $lte: at } }] }),
      },
      { session, projection: COUNTED_FIELDS, hint: 'orders_of_buyer' },
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
