import {
  decideExtension,
  type ExtensionDecision,
  type ReservationExtension,
} from '../domain/reservation-extension.ts';
import { newId } from '../runtime/ids.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { ExtensionEntry, OrderRecord } from '../store/collections/orders.ts';
import { changeOrder, toOrderAudit } from './change-order.ts';
import type { LedgerContext } from './ledger.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';

/** A requested extension of an order's reservation. */
export interface ExtensionCommand extends ReservationExtension {
  readonly orderId: string;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** The result of an extension; `order` is the order after it. */
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
  const { store } = context;
  const auditId = newId('aud');
  let tries = 0;
  return changeOrder<ExtensionResult>(context, command.orderId, async (order, at, session) => {
    tries += 1;
    // An earlier try may have been committed although its answer was lost. It must not count twice.
    const isDone = tries > 1 && (await store.audit.findOne({ _id: auditId }, { session })) !== null;
    const { reservedUntil: current } = order;
    if (isDone) return { result: { kind: 'extended', reservedUntil: current, order } };
    const decision = decideExtension(order, command, at);
    if (decision.kind !== 'extended') return { result: { ...decision, order } };
    const { reservedUntil } = decision;
    const next = toExtended(order, reservedUntil, command.actor, at);
    const times = toTimes(reservedUntil, current);
    const record = toOrderAudit('order.reservation_extended', order, command, times);
    return {
      result: { ...decision, order: next },
      next,
      events: [toOrderEvent(next, 'order.reservation_extended', times)],
      audit: [{ _id: auditId, ...record }],
    };
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

function toTimes(reservedUntil: Date, previous: Date) {
  return {
    reservedUntil: reservedUntil.toISOString(),
    previous: { reservedUntil: previous.toISOString() },
  };
}
