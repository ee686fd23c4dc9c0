import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { detailsOf } from '../../shared/domain/order-details.ts';
import type { OrderMove } from '../../shared/domain/order-transitions.ts';
import { checkTrackingReference } from '../../shared/domain/tracking-reference.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { trackingReferenceOf } from '../../shared/runtime/tracking-reference.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import { type AuditedCaller, recordAudit, toAuditSource } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { actorOf } from '../http/principal.ts';
import { checkMover } from './check-mover.ts';
import { findMovable, noSuchOrder } from './order-store.ts';

/** A move that a caller asks of an order. */
interface MoveRequest {
  readonly orderId: string;
  readonly move: Exclude<OrderMove, 'expire'>;
  readonly reason?: string;
  /** Put on the order when it moves; `undefined` is the same as not given. */
  readonly details?: Parameters<typeof detailsOf>[0];
}

/**
 * Moves an order that the caller may see; asking again changes nothing, unless it
 * tells otherwise than the first time.
 * @throws RefusedError not_found, invalid_request, storefront_not_allowed,
 *   tracking_reference_taken, or invalid_transition naming the status, the move and the details on
 *   record
 */
export async function moveOrder(caller: AuditedCaller, request: MoveRequest): Promise<OrderRecord> {
  const { context, principal } = caller;
  const { orderId, move, reason } = request;
  const source = toAuditSource(caller);
  const details = detailsOf(request.details ?? {});
  checkTrackingReference(details.trackingReference, trackingReferenceOf(orderId));
  const { lines, shopId } = await findMovable(context.store, principal, orderId);
  const actorKind = await checkMover(context, principal, { move, shopId });
  const why = reason === undefined ? {} : { reason };
  const actor = actorOf(principal);
  const command = { orderId, move, ...why, details, actor, actorKind, source };
  const submitted = context.orderMoves.submit({ ...command, lines }).catch(refuseTaken);
  const result = await withDeadline('moving an order', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'missing') throw noSuchOrder();
  if (result.kind === 'moved') await recordMove(caller, result.order, { move, ...why, ...details });
  if (result.kind !== 'refused') return result.order;
  const extra = { from: result.order.status, move, ...detailsOf(result.order) };
  throw new RefusedError('invalid_transition', `Not possible: ${result.reason}.`, [], extra);
}

/**
 * Refuses a tracking reference that the unique index holds for another order; the order itself is
 * then unchanged.
 */
export function refuseTaken(error: unknown): never {
  if (!isDuplicateKey(error, 'one_order_per_tracking_reference')) throw error;
  const message = 'Another order of the shop was sent under this reference.';
  throw refuseField('tracking_reference_taken', 'trackingReference', message);
}

/** Who acts by hand is put on record; what a key does stands in the order's history, by its id. */
async function recordMove(
  caller: AuditedCaller,
  { _id: target, shopId }: OrderRecord,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (caller.principal.kind === 'key') return;
  await recordAudit(caller, 'order.moved', { target, shopId, detail });
}
