import type { OrderRecord } from '../store/collections/orders.ts';
import type { Store } from '../store/store.ts';
import type { Filter } from '../store/typed-collection.ts';
import { erasePayloads } from '../webhooks/erase-payloads.ts';
import {
  type ErasedBuyer,
  OPEN_ORDERS,
  personalOrders,
  withoutOpenOrders,
} from './personal-orders.ts';

/** The maximum number of orders in one page. */
const PAGE_MAX = 500;

type PagedOrder = Pick<OrderRecord, '_id' | 'checkoutId' | 'placedAt'>;

/** The result of erasing the personal data in deliveries. */
interface ErasedDeliveries {
  /** The number of deliveries that were marked as personal. */
  readonly count: number;
  /** False if more deliveries may be left, because the bound was reached. */
  readonly isComplete: boolean;
}

/**
 * Erases the personal data in the deliveries of the buyer's orders and of their checkouts, even for
 * orders that contain no personal data themselves: a seller may have removed the data from an order
 * earlier, and a delivery may be stored after its order was erased. Leaves out open orders that keep
 * their data, and their checkouts. Reads the orders in pages, and stops after the page that reaches
 * `deliveriesMax` erased deliveries; the next call continues with the others.
 */
export async function eraseDeliveriesOf(
  store: Store,
  buyer: ErasedBuyer,
  deliveriesMax: number,
): Promise<ErasedDeliveries> {
  const { storefrontId, buyerId } = buyer;
  const orders = { buyerId, storefrontId, $nor: [personalOrders(buyer, OPEN_ORDERS)] };
  let count = 0;
  let last: PagedOrder | undefined;
  while (count < deliveriesMax) {
    const page = await readPage(store, orders, last);
    if (page.length === 0) return { count, isComplete: true };
    const checkoutIds = page.map(({ checkoutId }) => checkoutId);
    const ofCheckouts = await withoutOpenOrders(store, buyer, checkoutIds);
    count += await erasePayloads(store, [...page.map(({ _id }) => _id), ...ofCheckouts]);
    last = page.at(-1);
  }
  return { count, isComplete: false };
}

function readPage(
  { orders }: Store,
  filter: Filter<OrderRecord>,
  last: PagedOrder | undefined,
): Promise<PagedOrder[]> {
  const earlier = last && {
    // Bounds the index scan, which `$or` alone would not.
    placedAt: { $lte: last.placedAt },
    $or: [
      { placedAt: { $lt: last.placedAt } },
      { placedAt: last.placedAt, _id: { $lt: last._id } },
    ],
  };
  return orders
    .find<PagedOrder>(
      { ...filter, ...earlier },
      {
        projection: { checkoutId: 1, placedAt: 1 },
        sort: { placedAt: -1, _id: -1 },
        limit: PAGE_MAX,
        hint: 'orders_of_storefronts_buyer',
      },
    )
    .toArray();
}
