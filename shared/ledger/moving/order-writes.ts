import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';

/**
 * Writes the orders that have changed, on the condition that no one else has changed them.
 * @throws StaleReadError otherwise; the transaction must then run again
 */
export async function writeOrders(
  store: Store,
  session: Session,
  before: ReadonlyMap<string, OrderRecord>,
  after: ReadonlyMap<string, OrderRecord>,
): Promise<void> {
  const writes = [...after.values()].flatMap((order) => {
    const seqBefore = before.get(order._id)?.seq;
    if (seqBefore === undefined || seqBefore === order.seq) return [];
    const filter = { _id: order._id, seq: seqBefore };
    const { status, seq, history, paymentReference, trackingReference, carrier } = order;
    const $set = {
      status,
      seq,
      history,
      ...(paymentReference !== undefined && { paymentReference }),
      ...(trackingReference !== undefined && { trackingReference }),
      ...(carrier !== undefined && { carrier }),
    };
    const $unset = {
      ...(trackingReference === undefined && { trackingReference: '' }),
      ...(carrier === undefined && { carrier: '' }),
    };
    return [{ updateOne: { filter, update: { $set, $unset } } }];
  });
  if (writes.length === 0) return;
  const options = { session, ordered: false };
  const result = await writable(store).orders.bulkWrite(writes, options);
  if (result.matchedCount !== writes.length) throw new StaleReadError('an order');
}
