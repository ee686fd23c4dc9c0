import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';

/**
 * Writes the orders that have moved, each under the condition that nobody else has moved it.
 * @throws StaleReadError when somebody has; the transaction is then to be run again
 */
export async function writeMoves(
  store: Store,
  session: Session,
  before: ReadonlyMap<string, OrderRecord>,
  after: ReadonlyMap<string, OrderRecord>,
): Promise<void> {
  const writes = [...after.values()].flatMap((order) => {
    const was = before.get(order._id);
    if (was === undefined || was.seq === order.seq) return [];
    const filter = { _id: order._id, seq: was.seq };
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
  const result = await writable(store).orders.bulkWrite(writes, {
    session,
    ordered: false,
  });
  if (result.matchedCount !== writes.length) throw new StaleReadError('an order');
}
