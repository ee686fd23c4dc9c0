import { RefusedError } from '../../../shared/domain/errors.ts';
import { shopParts } from '../../../shared/domain/lines.ts';
import { toOrderId } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';

/** Operators do not need personal data and metadata, so these are not read at all. */
const WITHOUT_PERSONAL = {
  projection: { shippingAddress: 0, contact: 0, note: 0, metadata: 0 },
  maxTimeMS: READ_TIMEOUT_MS,
};

/** Finds a checkout of any shop. */
export async function findCheckoutRecord(
  { checkouts }: Store,
  id: string,
): Promise<CheckoutRecord | undefined> {
  const filter = { _id: id };
  const record = await checkouts.findOne<CheckoutRecord>(filter, WITHOUT_PERSONAL);
  return record ?? undefined;
}

/** Finds the orders of a checkout by their ids, which derive from its lines. */
export async function findOrderRecords(
  { orders }: Store,
  { _id, lines }: CheckoutRecord,
): Promise<OrderRecord[]> {
  const ids = shopParts(lines).map(({ shopId }) => toOrderId(_id, shopId));
  const filter = { _id: { $in: ids } };
  return orders.find<OrderRecord>(filter, WITHOUT_PERSONAL).toArray();
}

/** Finds the status of a checkout; undefined if there is no such checkout. */
export async function findStatus(
  { checkouts }: Store,
  id: string,
): Promise<CheckoutRecord['status'] | undefined> {
  const record = await checkouts.findOne<Pick<CheckoutRecord, 'status'>>(
    { _id: id },
    { projection: { status: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return record?.status;
}

export function noSuchCheckout(): RefusedError {
  return new RefusedError('not_found', 'There is no such checkout.');
}
