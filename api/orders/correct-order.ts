import { RefusedError } from '../../shared/domain/errors.ts';
import { detailsOf } from '../../shared/domain/order-details.ts';
import type { TrackingCorrection } from '../../shared/domain/tracking-correction.ts';
import { checkTrackingReference } from '../../shared/domain/tracking-reference.ts';
import { correctTracking } from '../../shared/ledger/correct-tracking.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { trackingReferenceOf } from '../../shared/runtime/tracking-reference.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { type AuditedCaller, toAuditSource } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { actorOf } from '../http/principal.ts';
import { refuseTaken } from './move-order.ts';
import { findOrder, noSuchOrder } from './order-store.ts';

/**
 * Corrects how an order of the caller's shop was sent. Asking again changes nothing.
 * @throws RefusedError not_found, storefront_not_allowed,
 *   invalid_request, tracking_reference_taken or invalid_transition
 */
export async function correctOrder(
  caller: AuditedCaller,
  orderId: string,
  correction: TrackingCorrection,
): Promise<OrderRecord> {
  const { context, principal } = caller;
  checkTrackingReference(correction.trackingReference ?? undefined, trackingReferenceOf(orderId));
  const { shopId } = await findOrder(context.store, principal, orderId);
  if (shopId !== principal.shopId) {
    const detail = 'Only the shop that sells an order can correct it.';
    throw new RefusedError('storefront_not_allowed', detail, [], { move: 'correct', shopId });
  }
  const command = { orderId, correction, actor: actorOf(principal), source: toAuditSource(caller) };
  const work = correctTracking(context.ledger, command).catch(refuseTaken);
  const result = await withDeadline('correcting an order', WRITE_TIMEOUT_MS, work);
  if (result.kind === 'missing') throw noSuchOrder();
  if (result.kind !== 'refused') return result.order;
  const extra = { from: result.order.status, move: 'correct', ...detailsOf(result.order) };
  throw new RefusedError('invalid_transition', `Not possible: ${result.reason}.`, [], extra);
}
