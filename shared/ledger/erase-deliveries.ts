import type { OrderRecord } from '../store/collections/orders.ts';
import type { Store } from '../store/store.ts';
import type { Filter } from '../store/typed-collection.ts';
import { erasePayloads } from '../webhooks/erase-payloads.ts';

/** Orders whose deliveries are searched at a time. */
const PAGE = 500;

type PagedOrder = Pick<OrderRecord, '_id' | 'checkoutId' | 'placedAt'>;

/** The result of erasing deliveries. */
interface ErasedDeliveries {
  readonly count: number;
  /** False if more deliveries may be left, because the bound was reached. */
  readonly isComplete: boolean;
}

/**
 * Erases the personal data in the deliveries of these orders and of their checkouts. The orders
 * themselves may have no personal data any more: the seller may have removed them from the order
 * before, or a delivery may have been stored after its order was erased. Reads the orders page by
 * page, and ends after `deliveriesMax` deliveries or soon after; the next call does not find these.
 * @param orders a filter that names the buyer, whose index it uses
 */
export async function eraseDeliveriesOf(
  store: Store,
  orders: Filter<OrderRecord> & { readonly buyerId: string },
  deliveriesMax: number,
): Promise<ErasedDeliveries> {
  let count = 0;
  let last: PagedOrder | undefined;
  while (count < deliveriesMax) {
    const page = await readPage(store, orders, last);
    if (page.length === 0) return { count, isComplete: true };
    count += await erasePayloads(
      store,
      page.flatMap(({ _id, checkoutId }) => [_id, checkoutId]),
    );
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
    // The bound of the index, which the alternatives do not give.
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
        limit: PAGE,
        hint: 'orders_of_buyer',
      },
    )
    .toArray();
}
