import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { pickDetails } from '../../shared/domain/order-details.ts';
import type { OrderActorKind, OrderMove } from '../../shared/domain/order-transitions.ts';
import { pick } from '../../shared/domain/pick.ts';
import type { TrackingCorrection } from '../../shared/domain/tracking-correction.ts';
import { checkTrackingReference } from '../../shared/domain/tracking-reference.ts';
import type { AmendmentResult } from '../../shared/ledger/amend-order.ts';
import { correctTracking, type TrackingResult } from '../../shared/ledger/correct-tracking.ts';
import { type ExtensionResult, extendReservation } from '../../shared/ledger/extend-reservation.ts';
import type { OrderMoveResult } from '../../shared/ledger/move-orders.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { toTrackingReference } from '../../shared/runtime/ids.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import { viewRejection } from '../../shared/views/checkout-view.ts';
import { type AuditedCaller, toAuditSource } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { type Principal, toActor } from '../http/principal.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { OrdersContext } from './context.ts';
import { hashRequest, type MoveRequest, toMoveAudit } from './move-request.ts';
import { findMovable, findOrder, noSuchOrder } from './order-store.ts';

/**
 * Moves an order that the caller may see. A repeated move changes nothing; it is refused if its
 * details differ from the recorded details. A payment that a refused confirmation reports is
 * recorded, even if the seller does not let the storefront confirm, because the buyer has paid.
 * @throws RefusedError not_found, invalid_request, storefront_not_allowed,
 *   tracking_reference_taken, unknown_variant, quantity_exceeded, idempotency_key_invalid,
 *   idempotency_key_reused, or invalid_transition naming the status, the move and the recorded
 *   details
 */
export async function moveOrder(
  caller: AuditedCaller<OrdersContext>,
  request: MoveRequest,
): Promise<OrderRecord> {
  const { context, principal } = caller;
  const { orderId, move, reason, isReacquiring, lines: units, charges, isRestocked } = request;
  const details = pickDetails(request.details ?? {});
  checkTrackingReference(details.trackingReference, toTrackingReference(orderId));
  const { lines: weight, lockNames, shopId } = await findMovable(context.store, principal, orderId);
  const { actorKind, forbidden } = await findMover(context, principal, { move, shopId });
  const isPaymentReported = move === 'confirm' && details.paymentReference !== undefined;
  if (forbidden !== undefined && !isPaymentReported) throw notAllowed(forbidden, move, shopId);
  const result = await withDeadline(
    'moving an order',
    WRITE_TIMEOUT_MS,
    context.orderMoves
      .submit({
        ...{ orderId, move, details, weight, lockNames, actorKind },
        ...{ actor: toActor(principal), source: toAuditSource(caller) },
        ...(reason !== undefined && { reason }),
        ...(units && { lines: units }),
        ...(charges && { charges }),
        ...(isRestocked !== undefined && { isRestocked }),
        ...hashRequest(principal, request),
        ...(forbidden !== undefined && { forbidden }),
        ...(isReacquiring && { isReacquiring }),
        ...toMoveAudit(caller, request, shopId),
      })
      .catch(refuseTaken),
  );
  if (forbidden !== undefined) throw notAllowed(forbidden, move, shopId);
  return changedOrder(result, move);
}

/**
 * Corrects how an order of the caller's shop was sent. A repeated correction changes nothing.
 * @throws RefusedError not_found, storefront_not_allowed, invalid_request,
 *   tracking_reference_taken or invalid_transition
 */
export async function correctOrder(
  caller: AuditedCaller<OrdersContext>,
  orderId: string,
  correction: TrackingCorrection,
): Promise<OrderRecord> {
  const reference = correction.trackingReference ?? undefined;
  const sender = await toSender(caller, orderId, reference, 'correct');
  const work = correctTracking(caller.context.ledger, { ...sender, correction }).catch(refuseTaken);
  return changedOrder(await withDeadline('correcting an order', WRITE_TIMEOUT_MS, work), 'correct');
}

/**
 * Returns the command's fields of a caller whose shop sends the order with this tracking reference.
 * @throws RefusedError not_found, storefront_not_allowed or invalid_request
 */
export async function toSender(
  caller: AuditedCaller<OrdersContext>,
  orderId: string,
  trackingReference: string | undefined,
  move: 'correct' | 'send',
) {
  const { context, principal } = caller;
  checkTrackingReference(trackingReference, toTrackingReference(orderId));
  const { shopId } = await findOrder(context.store, principal, orderId);
  if (shopId !== principal.shopId) {
    throw notAllowed(`only the shop that sells an order can ${move} it`, move, shopId);
  }
  return { orderId, actor: toActor(principal), source: toAuditSource(caller) };
}

/**
 * Extends the reservation of an order that the caller may confirm.
 * @throws RefusedError not_found, storefront_not_allowed, invalid_transition, or
 *   reservation_too_long with the latest time
 */
export async function extendOrder(
  caller: AuditedCaller<OrdersContext>,
  orderId: string,
  seconds: number,
): Promise<OrderRecord> {
  const { context, principal } = caller;
  const { shopId } = await findOrder(context.store, principal, orderId);
  const { forbidden } = await findMover(context, principal, { move: 'confirm', shopId });
  if (forbidden !== undefined) throw notAllowed(forbidden, 'extend', shopId);
  const command = {
    ...{ orderId, extraMs: seconds * 1_000, heldMsMax: context.reservationMaxMs },
    ...{ actor: toActor(principal), source: toAuditSource(caller) },
  };
  const work = extendReservation(context.ledger, command);
  const result = await withDeadline('extending a reservation', WRITE_TIMEOUT_MS, work);
  if (result.kind === 'too_long') {
    const latest = result.latest.toISOString();
    const message = `The order can hold its units until ${latest} at the latest.`;
    throw refuseField('reservation_too_long', 'seconds', message, { latest });
  }
  return changedOrder(result, 'extend');
}

interface Mover {
  readonly actorKind: OrderActorKind;
  /** Why the caller may not make the move; absent if the caller may make it. */
  readonly forbidden?: string;
}

/**
 * Returns the role in which the caller moves an order that it may see. The shop that sells the
 * order may make every move, by its session or its keys. The storefront of another shop may cancel,
 * and confirm if the seller allows it now.
 */
async function findMover(
  { storefrontPolicies }: Pick<OrdersContext, 'storefrontPolicies'>,
  principal: Principal,
  { move, shopId }: { readonly move: OrderMove; readonly shopId: string },
): Promise<Mover> {
  if (principal.kind === 'buyer') return { actorKind: 'buyer' };
  if (principal.shopId === shopId) return { actorKind: 'seller' };
  const storefront = { actorKind: 'storefront' } as const;
  if (move === 'cancel') return storefront;
  if (move !== 'confirm') {
    return { ...storefront, forbidden: `only the shop that sells an order can ${move} it` };
  }
  const { mayConfirm } = await storefrontPolicies.currentRights(toStorefront(principal), shopId);
  if (mayConfirm) return storefront;
  const forbidden = 'the shop that sells this order does not let this storefront confirm it';
  return { ...storefront, forbidden };
}

/** Creates the error for a change that this caller may not make. */
export function notAllowed(
  reason: string,
  move: OrderMove | 'correct' | 'change' | 'extend' | 'send',
  shopId: string,
): RefusedError {
  const detail = `Not allowed: ${reason}.`;
  return new RefusedError('storefront_not_allowed', detail, [], { move, shopId });
}

/**
 * Throws tracking_reference_taken for a duplicate key in an index of tracking references, and any
 * other error as it is. After a duplicate key the order is unchanged.
 */
export function refuseTaken(error: unknown): never {
  const isTaken =
    isDuplicateKey(error, 'one_order_per_tracking_reference') ||
    isDuplicateKey(error, 'one_order_per_parcel_reference');
  if (!isTaken) throw error;
  throw takenReference('Another order of the shop already has this tracking reference.');
}

/** Creates the error for a tracking reference that another parcel or order has. */
export function takenReference(message: string): RefusedError {
  return refuseField('tracking_reference_taken', 'trackingReference', message);
}

/**
 * Returns the order after a change.
 * @throws RefusedError not_found, invalid_transition or the code of the refusal
 */
export function changedOrder(
  result:
    | OrderMoveResult
    | TrackingResult
    | AmendmentResult
    | Exclude<ExtensionResult, { kind: 'too_long' }>,
  move: string,
): OrderRecord {
  if (result.kind === 'missing') throw noSuchOrder();
  const { order } = result;
  if (result.kind !== 'refused') return order;
  const rejection = 'rejection' in result && result.rejection;
  const extra = {
    ...{ from: order.status, move, ...pickDetails(order) },
    ...(rejection && { rejection: viewRejection(rejection) }),
  };
  const message = `Not possible: ${result.reason}.`;
  if ('code' in result && result.code !== undefined) {
    throw refuseField(result.code, result.path ?? 'lines', message, {
      ...extra,
      ...pick(result, 'variantId'),
    });
  }
  const path = 'path' in result ? result.path : undefined;
  const fields = path === undefined ? [] : [{ path, message }];
  throw new RefusedError('invalid_transition', message, fields, extra);
}
