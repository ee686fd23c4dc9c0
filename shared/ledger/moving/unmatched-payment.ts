import type { TransitionDecision } from '../../domain/order-transitions.ts';
import { findUnmatchedPayment, hasRoomForPayment } from '../../domain/unmatched-payment.ts';
import { newId } from '../../runtime/ids.ts';
import type { AuditRecord } from '../../store/collections/audit.ts';
import type { OrderRecord, UnmatchedPaymentEntry } from '../../store/collections/orders.ts';
import { stateOf } from '../../webhooks/order-state.ts';
import type { EventDraft } from '../outbox-entry.ts';
import { subjectOf } from './moved-order.ts';
import type { OrderCommand } from './order-command.ts';

/** A payment that could not be applied, as it goes on record. */
interface RecordedPayment {
  readonly order: OrderRecord;
  readonly events: readonly EventDraft[];
  readonly audit: AuditRecord;
}

/**
 * Puts the payment of a refused confirmation on record: in the order's history, as an event and in
 * the audit record, once for each reference. Returns undefined if there is none, or none that is new.
 */
export function recordUnmatchedPayment(
  order: OrderRecord,
  command: OrderCommand,
  decision: TransitionDecision,
  at: Date,
): RecordedPayment | undefined {
  const { details, actor } = command;
  const reference = findUnmatchedPayment(order, { ...command, ...details, decision });
  if (reference === undefined || decision.kind !== 'refused') return undefined;
  const { reason } = decision;
  const detail = { paymentReference: reference, status: order.status, reason };
  const audit: AuditRecord = {
    _id: newId('aud'),
    at,
    action: 'order.payment_unmatched',
    shopId: order.shopId,
    ...(command.source ?? { actor: { kind: 'system', id: actor } }),
    target: order._id,
    outcome: 'refused',
    detail,
  };
  if (!hasRoomForPayment(order)) return { order, events: [], audit };
  const entry: UnmatchedPaymentEntry = {
    ...{ at, kind: 'payment_unmatched', actor, reason },
    paymentReference: reference,
  };
  const seq = order.seq + 1;
  const noted = { ...order, seq, history: [...order.history, entry] };
  const event: EventDraft = {
    ...subjectOf(noted),
    type: 'order.payment_unmatched',
    data: { checkoutId: order.checkoutId, ...detail, state: stateOf(noted) },
  };
  return { order: noted, events: [event], audit };
}
