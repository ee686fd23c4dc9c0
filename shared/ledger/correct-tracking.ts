import { pickDetails } from '../domain/order-details.ts';
import {
  type CorrectionDecision,
  decideCorrection,
  type Tracking,
  type TrackingCorrection,
} from '../domain/tracking-correction.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { OrderRecord, TrackingEntry } from '../store/collections/orders.ts';
import { changeOrder, toOrderAudit } from './change-order.ts';
import type { LedgerContext } from './ledger.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';

/** A requested correction of an order's carrier and tracking reference. */
export interface TrackingCommand {
  readonly orderId: string;
  readonly correction: TrackingCorrection;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** The result of a correction; `order` is the order after it. */
export type TrackingResult =
  | (CorrectionDecision & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Corrects the carrier and the tracking reference of an order, with an entry in its history, an
 * event and an audit record in one transaction. No stock changes, so it takes no locks.
 * @throws a duplicate key error if another order of the shop, or a parcel of it, has the reference
 */
export async function correctTracking(
  context: LedgerContext,
  command: TrackingCommand,
): Promise<TrackingResult> {
  return changeOrder<TrackingResult>(context, command.orderId, (order, at) => {
    const decision = decideCorrection(order, command.correction);
    if (decision.kind !== 'corrected') return { result: { ...decision, order } };
    const { tracking } = decision;
    const next = toCorrected(order, tracking, command.actor, at);
    const previous = pickDetails({ ...order, paymentReference: undefined });
    const detail = { ...tracking, previous };
    return {
      result: { ...decision, order: next },
      next,
      events: [toOrderEvent(next, 'order.tracking_corrected', { ...tracking })],
      audit: [toOrderAudit('order.tracking_corrected', order, command, detail)],
    };
  });
}

function toCorrected(
  { trackingReference, carrier, ...order }: OrderRecord,
  tracking: Tracking,
  actor: string,
  at: Date,
): OrderRecord {
  const entry: TrackingEntry = {
    ...{ at, kind: 'tracking_corrected', actor },
    ...tracking,
    previous: pickDetails({ trackingReference, carrier }),
  };
  return withEntry(order, entry, tracking);
}
