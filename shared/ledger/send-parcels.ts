import {
  decideParcel,
  decideParcelCorrection,
  type Parcel,
  type ParcelCorrection,
  type ParcelDecision,
  type ParcelRequest,
} from '../domain/parcels.ts';
import { pick } from '../domain/pick.ts';
import type { CorrectionDecision } from '../domain/tracking-correction.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { OrderRecord, ParcelEntry } from '../store/collections/orders.ts';
import type { Session } from '../store/store.ts';
import { type AuditDraft, commit, type Decision, type EventDraft } from './commit.ts';
import type { LedgerContext } from './ledger.ts';
import { toShipped } from './moving/apply-reduction.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';
import { writeOrders } from './moving/order-writes.ts';

interface Sender {
  readonly orderId: string;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** A requested parcel. */
export interface ParcelCommand extends Sender, ParcelRequest {
  /** Id of the parcel to make. */
  readonly parcelId: string;
}

/** A requested correction of a parcel. */
export interface ParcelCorrectionCommand extends Sender {
  readonly parcelId: string;
  readonly correction: ParcelCorrection;
}

/** The result of either; `order` is the order as it then stands. */
export type ParcelResult =
  | { readonly kind: 'changed' | 'unchanged'; readonly parcel: Parcel; readonly order: OrderRecord }
  | (Extract<ParcelDecision, { kind: 'refused' }> & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Sends units of an order in a parcel, with an entry in its history, events and an audit record in
 * one transaction. With the last of its units the order becomes shipped. No stock changes, so it
 * takes no locks.
 * @throws a duplicate key error if a parcel of another order of the shop has the reference
 */
export async function addParcel(
  context: LedgerContext,
  command: ParcelCommand,
): Promise<ParcelResult> {
  return changeOrder(context, command.orderId, (order, at) => {
    const decision = decideParcel(order, command);
    if (decision.kind !== 'added') return { result: { ...decision, order } };
    const { parcelId: id, actor } = command;
    const tracking = pick(command, 'trackingReference', 'carrier');
    const parcel: Parcel = { id, ...tracking, lines: decision.lines, at };
    const entry: ParcelEntry = { at, kind: 'parcel_added', actor, parcelId: id, ...tracking };
    const parcels = [...(order.parcels ?? []), parcel];
    const added = withEntry(order, entry, { parcels });
    const data = { parcelId: id, ...tracking, lines: parcel.lines };
    const events = [toOrderEvent(added, 'order.parcel_added', data)];
    const audit = [toAudit('order.parcel_added', order, command, { parcelId: id, ...tracking })];
    if (!decision.isLast)
      return { result: { kind: 'changed', parcel, order: added }, events, audit };
    const sent = toShipped(added, actor, at);
    const result = { kind: 'changed', parcel, order: sent.order } as const;
    return { result, events: [...events, sent.event], audit };
  });
}

/**
 * Corrects how a parcel was sent. The history and the audit record keep what it replaces.
 * @throws a duplicate key error if a parcel of another order of the shop has the reference
 */
export async function correctParcel(
  context: LedgerContext,
  command: ParcelCorrectionCommand,
): Promise<ParcelResult> {
  return changeOrder(context, command.orderId, (order, at) => {
    const { parcelId, correction, actor } = command;
    const { parcels = [] } = order;
    const parcel = parcels.find(({ id }) => id === parcelId);
    if (parcel === undefined) return { result: { kind: 'missing' } };
    const others = parcels.filter((each) => each !== parcel);
    const isTaken = others.some((each) => each.trackingReference === correction.trackingReference);
    if (isTaken) {
      const reason = 'another parcel of it has this reference';
      return { result: { kind: 'refused', path: 'trackingReference', reason, isTaken, order } };
    }
    const decision = decideParcelCorrection(parcel, correction, order.history);
    if (decision.kind !== 'corrected') return { result: toUncorrected(decision, parcel, order) };
    const { carrier: _, ...rest } = parcel;
    const tracking = { ...decision.tracking };
    const corrected: Parcel = { ...rest, ...tracking };
    const previous = pick(parcel, 'trackingReference', 'carrier');
    const entry: ParcelEntry = {
      ...{ at, kind: 'parcel_corrected', actor, parcelId },
      ...tracking,
      previous,
    };
    const changed = parcels.map((each) => (each === parcel ? corrected : each));
    const next = withEntry(order, entry, { parcels: changed });
    const detail = { parcelId, ...tracking, previous };
    return {
      result: { kind: 'changed', parcel: corrected, order: next },
      events: [toOrderEvent(next, 'order.parcel_corrected', { parcelId, ...tracking })],
      audit: [toAudit('order.parcel_corrected', order, command, detail)],
    };
  });
}

function toUncorrected(
  decision: Exclude<CorrectionDecision, { readonly kind: 'corrected' }>,
  parcel: Parcel,
  order: OrderRecord,
): ParcelResult {
  return decision.kind === 'refused' ? { ...decision, order } : { ...decision, parcel, order };
}

interface ParcelChange {
  readonly result: ParcelResult;
  readonly events?: readonly EventDraft[];
  readonly audit?: readonly AuditDraft[];
}

async function changeOrder(
  context: LedgerContext,
  orderId: string,
  change: (order: OrderRecord, at: Date) => ParcelChange,
): Promise<ParcelResult> {
  const { store, clock } = context;
  return commit(context, [], async (session: Session): Promise<Decision<ParcelResult>> => {
    const before = await store.orders.findOne<OrderRecord>({ _id: orderId }, { session });
    if (before === null) return { result: { kind: 'missing' } };
    const at = clock.now();
    const { result, events = [], audit = [] } = change(before, at);
    if (result.kind !== 'changed') return { result };
    const write = () =>
      writeOrders(store, session, new Map([[orderId, before]]), new Map([[orderId, result.order]]));
    return { result, changes: { at, events, audit, write } };
  });
}

function toAudit(
  action: 'order.parcel_added' | 'order.parcel_corrected',
  order: OrderRecord,
  { source }: Sender,
  detail: Readonly<Record<string, unknown>>,
): AuditDraft {
  return { action, shopId: order.shopId, ...source, target: order._id, outcome: 'done', detail };
}
