import { pickDetails } from '../domain/order-details.ts';
import {
  type CorrectionDecision,
  decideCorrection,
  type Tracking,
  type TrackingCorrection,
} from '../domain/tracking-correction.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { OrderRecord, TrackingEntry } from '../store/collections/orders.ts';
import { type AuditDraft, commit } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';
import { writeOrders } from './moving/order-writes.ts';

/** A requested correction. */
export interface TrackingCommand {
  readonly orderId: string;
  readonly correction: TrackingCorrection;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** The result of a correction; `order` is the order as it then stands. */
export type TrackingResult =
  | (CorrectionDecision & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Corrects how an order was sent, with an entry in its history, an event and an audit record in one
 * transaction. No stock changes, so it takes no locks.
 * @throws a duplicate key error if another order of the shop has the reference
 */
export async function correctTracking(
  context: LedgerContext,
  command: TrackingCommand,
): Promise<TrackingResult> {
  const { store, clock } = context;
  return commit<TrackingResult>(context, [], async (session) => {
    const order = await store.orders.findOne<OrderRecord>({ _id: command.orderId }, { session });
    if (order === null) return { result: { kind: 'missing' } };
    const decision = decideCorrection(order, command.correction);
    if (decision.kind !== 'corrected') return { result: { ...decision, order } };
    const at = clock.now();
    const { tracking } = decision;
    const next = toCorrected(order, tracking, command.actor, at);
    const [before, after] = [new Map([[order._id, order]]), new Map([[order._id, next]])];
    const changes = {
      at,
      events: [toOrderEvent(next, 'order.tracking_corrected', { ...tracking })],
      write: () => writeOrders(store, session, before, after),
      audit: [toAudit(order, tracking, command)],
    };
    return { result: { ...decision, order: next }, changes };
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

function toAudit(order: OrderRecord, tracking: Tracking, { source }: TrackingCommand): AuditDraft {
  return {
    action: 'order.tracking_corrected',
    shopId: order.shopId,
    ...source,
    target: order._id,
    outcome: 'done',
    detail: { ...tracking, previous: pickDetails({ ...order, paymentReference: undefined }) },
  };
}
