import {
  type Amendment,
  type AmendmentDecision,
  decideAmendment,
} from '../domain/order-amendment.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { AmendmentEntry, OrderRecord } from '../store/collections/orders.ts';
import { changeOrder, toOrderAudit } from './change-order.ts';
import type { LedgerContext } from './ledger.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';

/** A requested amendment. */
export interface AmendmentCommand {
  readonly orderId: string;
  readonly amendment: Amendment;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** The result of an amendment; `order` is the order after it. */
export type AmendmentResult =
  | (AmendmentDecision & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Changes the address, contact, note or metadata of an order, with an entry in its history, an
 * event and an audit record in one transaction. Entry, event and audit record contain the names of
 * the fields but no values, so that no personal data has to be erased from them later. No stock
 * changes, so it takes no locks.
 */
export function amendOrder(
  context: LedgerContext,
  command: AmendmentCommand,
): Promise<AmendmentResult> {
  return changeOrder<AmendmentResult>(context, command.orderId, (order, at) => {
    const decision = decideAmendment(order, command.amendment);
    if (decision.kind !== 'amended') return { result: { ...decision, order } };
    const { facts, fields } = decision;
    const entry: AmendmentEntry = { at, kind: 'details_changed', actor: command.actor, fields };
    const next = withEntry(withoutFacts(order), entry, facts);
    return {
      result: { ...decision, order: next },
      next,
      events: [toOrderEvent(next, 'order.details_changed', { fields })],
      audit: [toOrderAudit('order.details_changed', order, command, { fields })],
    };
  });
}

function withoutFacts(order: OrderRecord): OrderRecord {
  const { shippingAddress, contact, note, metadata, ...rest } = order;
  return rest;
}
