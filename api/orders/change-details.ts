import { amendOrder } from '../../shared/ledger/amend-order.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { type AuditedCaller, toAuditSource } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { toActor } from '../http/principal.ts';
import { omitUndefined } from './carried-schemas.ts';
import { changedOrder, notAllowed } from './change-order.ts';
import type { OrderChanges } from './change-schemas.ts';
import type { OrdersContext } from './context.ts';
import { findOrder } from './order-store.ts';

type DetailChanges = Pick<OrderChanges, 'shippingAddress' | 'contact' | 'note' | 'metadata'>;

/**
 * Changes address, contact, note and metadata of an order. The shop that sells the order can change
 * all of these fields, the storefront that placed the order all but the metadata.
 * @throws RefusedError not_found, storefront_not_allowed, invalid_request or invalid_transition
 */
export async function changeDetails(
  caller: AuditedCaller<OrdersContext>,
  orderId: string,
  { shippingAddress, contact, note, metadata }: DetailChanges,
): Promise<OrderRecord> {
  const { context, principal } = caller;
  const { shopId } = await findOrder(context.store, principal, orderId);
  if (metadata !== undefined && shopId !== principal.shopId) {
    throw notAllowed('only the shop that sells an order can change its metadata', 'change', shopId);
  }
  const amendment = {
    ...(shippingAddress !== undefined && {
      shippingAddress: shippingAddress && omitUndefined(shippingAddress),
    }),
    ...(contact !== undefined && { contact: contact && omitUndefined(contact) }),
    ...(note !== undefined && { note }),
    ...(metadata !== undefined && { metadata }),
  };
  const command = { orderId, amendment, actor: toActor(principal), source: toAuditSource(caller) };
  const work = amendOrder(context.ledger, command);
  return changedOrder(await withDeadline('changing an order', WRITE_TIMEOUT_MS, work), 'change');
}
