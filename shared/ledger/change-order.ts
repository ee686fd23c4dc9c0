import type { AuditRecord, AuditSource } from '../store/collections/audit.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { Session } from '../store/store.ts';
import { type AuditDraft, commit, type Decision, type EventDraft } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { writeOrders } from './moving/order-writes.ts';

/** The decision about one order; without `next` nothing is written. */
export interface OrderChange<Result> {
  readonly result: Result;
  readonly next?: OrderRecord;
  readonly events?: readonly EventDraft[];
  readonly audit?: readonly AuditDraft[];
}

/**
 * Changes one order, with its events and audit records, in one transaction. It takes no locks,
 * because it is for changes that affect neither stock nor discount uses. Returns the `result` of
 * `decide`, which may run again, as in `commit`, or `missing` if there is no such order.
 */
export function changeOrder<Result>(
  context: LedgerContext,
  orderId: string,
  decide: (
    order: OrderRecord,
    at: Date,
    session: Session,
  ) => OrderChange<Result> | Promise<OrderChange<Result>>,
): Promise<Result | { readonly kind: 'missing' }> {
  const { store, clock } = context;
  type Changed = Decision<Result | { readonly kind: 'missing' }>;
  return commit(context, [], async (session): Promise<Changed> => {
    const order = await store.orders.findOne<OrderRecord>({ _id: orderId }, { session });
    if (order === null) return { result: { kind: 'missing' } };
    const at = clock.now();
    const { result, next, events = [], audit = [] } = await decide(order, at, session);
    if (next === undefined) return { result };
    const [before, after] = [new Map([[orderId, order]]), new Map([[orderId, next]])];
    const write = () => writeOrders(store, session, before, after);
    return { result, changes: { at, events, audit, write } };
  });
}

/** Returns the audit record of a change of an order. */
export function toOrderAudit(
  action: AuditRecord['action'],
  { _id: target, shopId }: Pick<OrderRecord, '_id' | 'shopId'>,
  { source }: { readonly source: AuditSource },
  detail: Readonly<Record<string, unknown>>,
): AuditDraft {
  return { action, shopId, ...source, target, outcome: 'done', detail };
}
