import { AMENDABLE_FIELDS } from '../../domain/order-amendment.ts';
import { pick } from '../../domain/pick.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import { CONDITIONS_MAX, haveVersions } from '../written-versions.ts';

interface OrderChange {
  readonly order: OrderRecord;
  readonly earlier: OrderRecord;
}

/**
 * Writes the orders that have changed, on the condition that no other writer has changed them.
 * @throws StaleReadError if another writer has; the transaction must then run again
 * @throws a duplicate key error if another order of the shop, or a parcel of it, has a new tracking
 *   reference of these orders
 */
export async function writeOrders(
  store: Store,
  session: Session,
  before: ReadonlyMap<string, OrderRecord>,
  after: ReadonlyMap<string, OrderRecord>,
): Promise<void> {
  const changed = [...after.values()].flatMap((order): OrderChange[] => {
    const earlier = before.get(order._id);
    return earlier === undefined || earlier.seq === order.seq ? [] : [{ order, earlier }];
  });
  if (changed.length === 0) return;
  const { orders } = writable(store);
  const claims = changed.flatMap(toClaims);
  if (claims.length > 0) await orders.bulkWrite(claims, { session });
  const isEachConditional = changed.length <= CONDITIONS_MAX;
  const writes = changed.map(({ order, earlier }) => ({
    updateOne: {
      filter: { _id: order._id, ...(isEachConditional && { seq: earlier.seq }) },
      update: toUpdate(order, earlier),
    },
  }));
  const result = await orders.bulkWrite(writes, { session, ordered: false });
  const expected = new Map(changed.map(({ order }) => [order._id, order.seq]));
  const isWritten = isEachConditional
    ? result.matchedCount === changed.length
    : await haveVersions(orders, session, 'seq', expected);
  if (!isWritten) throw new StaleReadError('an order');
}

/**
 * Returns writes that claim the tracking references that an order gets. A reference belongs to one
 * order or one parcel, but orders and parcels have separate unique indexes. So the new reference of
 * an order is first written to the field of parcels, and the new reference of a parcel to the field
 * of the order: the index of that field refuses a reference that another order has there. Since
 * each reference is written to both indexes, concurrent transactions conflict. The write of the
 * order itself then restores the fields.
 */
function toClaims({ order, earlier }: OrderChange) {
  const { _id, trackingReference: orderReference } = order;
  const filter = { _id };
  const claims = listNewParcelReferences(order, earlier).map((trackingReference) => ({
    updateOne: { filter, update: { $set: { trackingReference } } },
  }));
  if (!hasNewReference(order, earlier)) return claims;
  const update = { $push: { parcels: { trackingReference: orderReference } } };
  return [...claims, { updateOne: { filter, update } }];
}

function hasNewReference(order: OrderRecord, earlier: OrderRecord): boolean {
  const { trackingReference } = order;
  return trackingReference !== undefined && trackingReference !== earlier.trackingReference;
}

function listNewParcelReferences(
  { parcels = [] }: OrderRecord,
  earlier: OrderRecord,
): readonly string[] {
  const known = new Set(earlier.parcels?.map((parcel) => parcel.trackingReference));
  return parcels
    .map((parcel) => parcel.trackingReference)
    .filter((reference) => !known.has(reference));
}

function toUpdate(order: OrderRecord, before: OrderRecord) {
  const { status, seq, history, paymentReference, trackingReference, carrier } = order;
  const { reductions, parcels } = order;
  // Personal data and metadata are written only if amended, so that erased data does not come back.
  const amended = AMENDABLE_FIELDS.filter((name) => order[name] !== before[name]);
  const optional = ['trackingReference', 'carrier', ...amended] as const;
  const removed: string[] = optional.filter((name) => order[name] === undefined);
  if (order.drawId !== before.drawId) removed.push('drawId');
  if (parcels === undefined && hasNewReference(order, before)) removed.push('parcels');
  return {
    $set: {
      status,
      history,
      ...(order.reservedUntil !== before.reservedUntil && { reservedUntil: order.reservedUntil }),
      ...(order.purchaseLimits !== before.purchaseLimits && {
        purchaseLimits: order.purchaseLimits,
      }),
      ...(paymentReference !== undefined && { paymentReference }),
      ...(trackingReference !== undefined && { trackingReference }),
      ...(carrier !== undefined && { carrier }),
      ...(reductions && { reductions }),
      ...(parcels && { parcels }),
      ...pick(order, ...amended),
    },
    $inc: { seq: seq - before.seq },
    ...(removed.length > 0 && {
      $unset: Object.fromEntries(removed.map((name) => [name, ''])),
    }),
  };
}
