import {
  decideExtension,
  type ExtensionDecision,
  type ReservationExtension,
} from '../domain/reservation-extension.ts';
import { newId } from '../runtime/ids.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { ExtensionEntry, OrderRecord } from '../store/collections/orders.ts';
import { type AuditDraft, commit, type EventDraft } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';
import { writeOrders } from './moving/order-writes.ts';

/** A requested extension of an order's reservation. */
export interface ExtensionCommand extends ReservationExtension {
  readonly orderId: string;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** The result of an extension; `order` is the order as it then stands. */
export type ExtensionResult =
  | (ExtensionDecision & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Extends the reservation of a pending order, with an entry in its history, an event and an audit
 * record in one transaction. No stock changes, so it takes no locks.
 */
export async function extendReservation(
  context: LedgerContext,
  command: ExtensionCommand,
): Promise<ExtensionResult> {
  const { store, clock } = context;
  const auditId = newId('aud');
  let tries = 0;
  return commit<ExtensionResult>(context, [], async (session) => {
    const order = await store.orders.findOne<OrderRecord>({ _id: command.orderId }, { session });
    if (order === null) return { result: { kind: 'missing' } };
    tries += 1;
    // An earlier try may have been committed without an answer. It must not count twice.
    const isDone = tries > 1 && (await store.audit.findOne({ _id: auditId }, { session })) !== null;
    const { reservedUntil: current } = order;
    if (isDone) return { result: { kind: 'extended', reservedUntil: current, order } };
    const at = clock.now();
    const decision = decideExtension(order, command, at);
    if (decision.kind !== 'extended') return { result: { ...decision, order } };
    const { reservedUntil } = decision;
    const next = toExtended(order, reservedUntil, command.actor, at);
    const [before, after] = [new Map([[order._id, order]]), new Map([[order._id, next]])];
    const changes = {
      at,
      events: [toEvent(next, order.reservedUntil)],
      write: () => writeOrders(store, session, before, after),
      audit: [{ _id: auditId, ...toAudit(order, reservedUntil, command) }],
    };
    return { result: { ...decision, order: next }, changes };
  });
}

function toExtended(order: OrderRecord, reservedUntil: Date, actor: string, at: Date): OrderRecord {
  const previous = { reservedUntil: order.reservedUntil };
  const entry: ExtensionEntry = {
    ...{ at, kind: 'reservation_extended', actor },
    ...{ reservedUntil, previous },
  };
  return withEntry(order, entry, { reservedUntil });
}

function toEvent(order: OrderRecord, previous: Date): EventDraft {
  const times = toTimes(order.reservedUntil, previous);
  return toOrderEvent(order, 'order.reservation_extended', times);
}

function toAudit(order: OrderRecord, until: Date, { source }: ExtensionCommand): AuditDraft {
  return {
    action: 'order.reservation_extended',
    shopId: order.shopId,
    ...source,
    target: order._id,
    outcome: 'done',
    detail: toTimes(until, order.reservedUntil),
  };
}

/** In JSON's form, so that events and audit entries read the same from any store. */
function toTimes(reservedUntil: Date, previous: Date) {
  return {
    reservedUntil: reservedUntil.toISOString(),
    previous: { reservedUntil: previous.toISOString() },
  };
}
