import { RefusedError } from '../../../shared/domain/errors.ts';
import { shopParts } from '../../../shared/domain/shop-parts.ts';
import { toOrderId } from '../../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';

/** Where things are sent to is no business of operators, so it is not even read. */
const WITHOUT_ADDRESS = { projection: { shippingAddress: 0 }, maxTimeMS: READ_TIMEOUT_MS };

/** The checkout with this id, whoever made it. */
export async function findCheckoutRecord(
  { checkouts }: Store,
  id: string,
): Promise<CheckoutRecord | undefined> {
  const which = { _id: id };
  const found = await checkouts.findOne<CheckoutRecord>(which, WITHOUT_ADDRESS);
  return found ?? undefined;
}

/** Its orders, by their ids, which follow from what was checked out: no index begins with it. */
export async function findOrderRecords(
  { orders }: Store,
  { _id, lines }: CheckoutRecord,
): Promise<OrderRecord[]> {
  const ids = shopParts(lines).map(({ shopId }) => toOrderId(_id, shopId));
  const which = { _id: { $in: ids } };
  return orders.find<OrderRecord>(which, WITHOUT_ADDRESS).toArray();
}

/** How the checkout stands; undefined when there is none. */
export async function findStatus(
  { checkouts }: Store,
  id: string,
): Promise<CheckoutRecord['status'] | undefined> {
  const found = await checkouts.findOne<Pick<CheckoutRecord, 'status'>>(
    { _id: id },
    { projection: { status: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return found?.status;
}

/** What is told of a checkout that does not exist. */
export function noSuchCheckout(): RefusedError {
  return new RefusedError('not_found', 'There is no such checkout.');
}
