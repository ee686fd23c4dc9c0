import { toBuyerKey } from '../../domain/discounts/terms.ts';
import {
  findPurchaseDifferences,
  type LimitedPurchase,
  type PurchaseDifference,
} from '../../domain/judging/purchases.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Store } from '../../store/store.ts';

/** The number of limited items whose orders are read at one snapshot. */
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

async function readDifferences(
  store: Store,
  filter: object,
  itemIds: ReadonlySet<string>,
): Promise<PurchaseDifference[]> {
  return atSnapshot(store, async (session) => {
    const purchases = new Map<string, LimitedPurchase[]>();
    const orders = store.orders.find<LimitedOrder>(
      { purchaseLimits: { $exists: true }, ...filter },
      { session, projection: FIELDS, hint: INDEX, batchSize: PAGE_DOCUMENTS },
    );
    for await (const { _id: orderId, ...order } of orders) {
      const buyerKey = toBuyerKey(order.storefrontId, order.buyerId);
      for (const kept of order.purchaseLimits ?? []) {
        if (!itemIds.has(kept.itemId)) continue;
        const purchase = { ...order, orderId, buyerKey, kept };
        const itemPurchases = purchases.get(kept.itemId);
        if (itemPurchases === undefined) purchases.set(kept.itemId, [purchase]);
        else itemPurchases.push(purchase);
      }
    }
    return [...purchases].flatMap(([itemId, itemPurchases]) =>
      findPurchaseDifferences(itemId, itemPurchases),
    );
  });
}
