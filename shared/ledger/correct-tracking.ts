import { writeAudit } from '../audit/write-audit.ts';
import {
  type CorrectionDecision,
  decideCorrection,
  type Tracking,
  type TrackingCorrection,
} from '../domain/tracking-correction.ts';
import { newId } from '../runtime/ids.ts';
import type { AuditRecord, AuditSource } from '../store/collections/audit.ts';
import type { OrderRecord, TrackingEntry } from '../store/collections/orders.ts';
import { inTransaction } from '../store/transaction.ts';
import { stateOf } from '../webhooks/order-state.ts';
import type { LedgerContext } from './ledger.ts';
import { subjectOf } from './moving/moved-order.ts';
import { writeMoves } from './moving/order-writes.ts';
import { type EventDraft, outboxEntry, writeOutbox } from './outbox-entry.ts';

/** A correction that somebody asks for. */
export interface TrackingCommand {
  readonly orderId: string;
  readonly correction: TrackingCorrection;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** What became of it; `order` is the order as it then stands. */
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
  const { result, entry } = await inTransaction(store, async (session) => {
    const order = await store.orders.findOne<OrderRecord>({ _id: command.orderId }, { session });
    if (order === null) return { result: { kind: 'missing' } as const };
    const decision = decideCorrection(order, command.correction);
    if (decision.kind !== 'corrected') return { result: { ...decision, order } };
    const at = clock.now();
    const next = toCorrected(order, decision.tracking, command.actor, at);
    const written = outboxEntry([toEvent(next, decision.tracking)], at);
    await writeMoves(store, session, new Map([[order._id, order]]), new Map([[order._id, next]]));
    await writeOutbox(store, session, written);
    await writeAudit(store, [toAudit(order, decision.tracking, command, at)], session);
    return { result: { ...decision, order: next }, entry: written };
  });
  if (entry !== undefined) context.onCommitted?.(entry);
  return result;
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
    previous: toTracking({ trackingReference, carrier }),
  };
  return { ...order, ...tracking, seq: order.seq + 1, history: [...order.history, entry] };
}

function toEvent(order: OrderRecord, tracking: Tracking): EventDraft {
  return {
    ...subjectOf(order),
    type: 'order.tracking_corrected',
    data: { checkoutId: order.checkoutId, ...tracking, state: stateOf(order) },
  };
}

function toAudit(
  order: OrderRecord,
  tracking: Tracking,
  { source }: TrackingCommand,
  at: Date,
): AuditRecord {
  return {
    _id: newId('aud'),
    at,
    action: 'order.tracking_corrected',
    shopId: order.shopId,
    ...source,
    target: order._id,
    outcome: 'done',
    detail: { ...tracking, previous: toTracking(order) },
  };
}

function toTracking({
  trackingReference,
  carrier,
}: {
  readonly [Name in keyof Tracking]?: string | undefined;
}): Tracking {
  return {
    ...(trackingReference !== undefined && { trackingReference }),
    ...(carrier !== undefined && { carrier }),
  };
}
