import { toBuyerKey } from '../../domain/discounts/terms.ts';
import {
  findPurchaseDifferences,
  type LimitedPurchase,
  type PurchaseDifference,
} from '../../domain/judging/purchases.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Store } from '../../store/store.ts';

/**
 * The number of limited items whose orders are read at one snapshot. MongoDB reads the orders of up
 * to 200 items by buyer from the index (`internalQueryMaxScansToExplode`), and sorts those of more.
 */
const ITEMS_AT_A_TIME = 100;
const PAGE_DOCUMENTS = 2_000;
const INDEX = 'orders_by_limited_item';

const FIELDS = {
  storefrontId: 1,
  buyerId: 1,
  status: 1,
  placedAt: 1,
  purchaseLimits: 1,
  'lines.variantId': 1,
  'lines.productId': 1,
  'lines.quantity': 1,
  reductions: 1,
};

type LimitedOrder = Pick<
  OrderRecord,
  | '_id'
  | 'storefrontId'
  | 'buyerId'
  | 'status'
  | 'placedAt'
  | 'purchaseLimits'
  | 'lines'
  | 'reductions'
>;

/** A buyer of a limited item. */
export interface BuyerOfItem {
  readonly itemId: string;
  readonly buyerId: string;
}

/**
 * Yields the differences of all items that were bought under a purchase limit, in groups of items.
 */
export async function* purchaseDifferences(store: Store): AsyncGenerator<PurchaseDifference[]> {
  const items = await store.orders
    .aggregate<{ readonly _id: string }>(
      [
        { $match: { purchaseLimits: { $exists: true } } },
        { $project: { itemId: '$purchaseLimits.itemId' } },
        { $unwind: '$itemId' },
        { $group: { _id: '$itemId' } },
      ],
      { hint: INDEX },
    )
    .toArray();
  const ids = items.map(({ _id }) => _id);
  for (let at = 0; at < ids.length; at += ITEMS_AT_A_TIME) {
    const page = ids.slice(at, at + ITEMS_AT_A_TIME);
    yield await readDifferences(store, { 'purchaseLimits.itemId': { $in: page } }, new Set(page));
  }
}

/** Finds the differences in the purchases of these limited items by these buyers. */
export async function findDifferencesOf(
  store: Store,
  buyers: readonly BuyerOfItem[],
): Promise<PurchaseDifference[]> {
  if (buyers.length === 0) return [];
  const itemIds = new Set(buyers.map(({ itemId }) => itemId));
  const buyerIds = [...new Set(buyers.map(({ buyerId }) => buyerId))];
  const filter = { 'purchaseLimits.itemId': { $in: [...itemIds] }, buyerId: { $in: buyerIds } };
  return readDifferences(store, filter, itemIds);
}

/**
 * Reads and judges the orders of one buyer after the other, because no rule compares two buyers and
 * a limited item may have millions of orders.
 */
async function readDifferences(
  store: Store,
  filter: object,
  itemIds: ReadonlySet<string>,
): Promise<PurchaseDifference[]> {
  return atSnapshot(store, async (session) => {
    const read = { session, projection: FIELDS, hint: INDEX, batchSize: PAGE_DOCUMENTS };
    const orders = store.orders.find<LimitedOrder>(
      { purchaseLimits: { $exists: true }, ...filter },
      { ...read, sort: { buyerId: 1 } },
    );
    const differences: PurchaseDifference[] = [];
    for await (const ofBuyer of groupByBuyerId(orders)) {
      for (const difference of findDifferences(ofBuyer, itemIds)) differences.push(difference);
    }
    return differences;
  });
}

/** Yields consecutive orders with the same `buyerId` together; several storefronts may use it. */
async function* groupByBuyerId(
  orders: AsyncIterable<LimitedOrder>,
): AsyncGenerator<LimitedOrder[]> {
  let group: LimitedOrder[] = [];
  for await (const order of orders) {
    if (group[0] !== undefined && group[0].buyerId !== order.buyerId) {
      yield group;
      group = [];
    }
    group.push(order);
  }
  yield group;
}

function findDifferences(
  orders: readonly LimitedOrder[],
  itemIds: ReadonlySet<string>,
): PurchaseDifference[] {
  const purchases = orders.flatMap(({ _id: orderId, ...order }): LimitedPurchase[] => {
    const buyerKey = toBuyerKey(order.storefrontId, order.buyerId);
    const limits = (order.purchaseLimits ?? []).filter(({ itemId }) => itemIds.has(itemId));
    return limits.map((kept) => ({ ...order, orderId, buyerKey, kept }));
  });
  const byItem = Map.groupBy(purchases, ({ kept }) => kept.itemId);
  return Array.from(byItem, ([itemId, own]) => findPurchaseDifferences(itemId, own)).flat();
}
