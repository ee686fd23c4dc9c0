import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { ParcelCorrection, ParcelRequest } from '../../shared/domain/parcels.ts';
import { pick } from '../../shared/domain/pick.ts';
import { addParcel, correctParcel, type ParcelResult } from '../../shared/ledger/send-parcels.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { AuditedCaller } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { refuseTaken, takenReference, toSender } from './change-order.ts';
import type { OrdersContext } from './context.ts';
import { noSuchOrder } from './order-store.ts';

type Caller = AuditedCaller<OrdersContext>;
type Parcel = NonNullable<OrderRecord['parcels']>[number];

/**
 * Records a parcel with units of an order of the caller's shop. A repeat changes nothing.
 * @throws RefusedError not_found, storefront_not_allowed, invalid_request, unknown_variant,
 *   quantity_exceeded, tracking_reference_taken or invalid_transition
 */
export async function sendParcel(
  caller: Caller,
  orderId: string,
  request: ParcelRequest,
): Promise<Parcel> {
  const sender = await toSender(caller, orderId, request.trackingReference, 'send');
  const command = { ...sender, ...request, parcelId: newId('pcl') };
  const work = addParcel(caller.context.ledger, command).catch(refuseTaken);
  return changedParcel(await withDeadline('adding a parcel', WRITE_TIMEOUT_MS, work));
}

/**
 * Corrects how a parcel of an order of the caller's shop was sent. A repeated correction changes
 * nothing.
 * @throws RefusedError not_found, storefront_not_allowed, invalid_request,
 *   tracking_reference_taken or invalid_transition
 */
export async function correctSent(
  caller: Caller,
  { id, parcelId }: { readonly id: string; readonly parcelId: string },
  correction: ParcelCorrection,
): Promise<Parcel> {
  const sender = await toSender(caller, id, correction.trackingReference, 'send');
  const command = { ...sender, parcelId, correction };
  const work = correctParcel(caller.context.ledger, command).catch(refuseTaken);
  const result = await withDeadline('correcting a parcel', WRITE_TIMEOUT_MS, work);
  if (result.kind === 'missing') {
    throw new RefusedError('not_found', 'There is no such parcel of this order.');
  }
  return changedParcel(result);
}

function changedParcel(result: ParcelResult): Parcel {
  if (result.kind === 'missing') throw noSuchOrder();
  if (result.kind !== 'refused') return result.parcel;
  const { order, reason, code, path, isTaken } = result;
  const message = `Not possible: ${reason}.`;
  if (isTaken) throw takenReference(message);
  const extra = { from: order.status, move: 'send', ...pick(result, 'variantId') };
  if (code !== undefined) throw refuseField(code, path ?? 'lines', message, extra);
  throw new RefusedError('invalid_transition', message, [], extra);
}
