import { findUnmatchedPayment, hasRoomForPayment } from '../../domain/unmatched-payment.ts';
import type { OrderRecord, UnmatchedPaymentEntry } from '../../store/collections/orders.ts';
import type { AuditDraft, EventDraft } from '../commit.ts';
import type { OrderCommand } from './order-command.ts';
import { toOrderEvent, withEntry } from './order-events.ts';

/** The changes that record a payment that could not be applied to its order. */
interface RecordedPayment {
  readonly order: OrderRecord;
  readonly events: readonly EventDraft[];
  readonly audit: AuditDraft;
}

/**
 * Returns the changes that record the payment of a refused confirmation: the order with a history
 * entry, an event and an audit entry. If the history has no room, the order does not change, and
 * only the audit entry is written.
 * @returns undefined if the command is no refused confirmation with a payment reference, or if the
 *   order has recorded that payment already
 */
export function recordUnmatchedPayment(
  order: OrderRecord,
  command: OrderCommand,
  decision: { readonly kind: 'unchanged' } | { readonly kind: 'refused'; readonly reason: string },
  at: Date,
): RecordedPayment | undefined {
  const { details, actor } = command;
  const reference = findUnmatchedPayment(order, { ...command, ...details, decision });
  if (reference === undefined || decision.kind !== 'refused') return undefined;
  const { reason } = decision;
  const detail = { paymentReference: reference, status: order.status, reason };
  const audit: AuditDraft = {
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
  const changed = withEntry(order, entry);
  const event = toOrderEvent(changed, 'order.payment_unmatched', detail);
  return { order: changed, events: [event], audit };
}
