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
import { changeOrder, toOrderAudit } from './change-order.ts';
import type { LedgerContext } from './ledger.ts';
import { toShipped } from './moving/apply-reduction.ts';
import { toOrderEvent, withEntry } from './moving/order-events.ts';

/** The fields of both commands. */
interface OrderRequest {
  readonly orderId: string;
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/** A requested parcel. */
export interface ParcelCommand extends OrderRequest, ParcelRequest {
  /** Id of the parcel to create. */
  readonly parcelId: string;
}

/** A requested correction of a parcel. */
export interface ParcelCorrectionCommand extends OrderRequest {
  readonly parcelId: string;
  readonly correction: ParcelCorrection;
}

/** The result of adding or correcting a parcel; `order` is the order afterwards. */
export type ParcelResult =
  | { readonly kind: 'changed' | 'unchanged'; readonly parcel: Parcel; readonly order: OrderRecord }
  | (Extract<ParcelDecision, { kind: 'refused' }> & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Sends units of an order in a parcel, with an entry in its history, events and an audit record in
 * one transaction. When the last units of the order are sent, it becomes shipped. No stock changes,
 * so it takes no locks.
 * @throws a duplicate key error if another order of the shop, or a parcel of it, has the reference
 */
export async function addParcel(
  context: LedgerContext,
  command: ParcelCommand,
): Promise<ParcelResult> {
  return changeOrder<ParcelResult>(context, command.orderId, (order, at) => {
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
    const audit = [
      toOrderAudit('order.parcel_added', order, command, { parcelId: id, ...tracking }),
    ];
    const shipped = decision.isLast ? toShipped(added, actor, at) : { order: added };
    const { order: next } = shipped;
    if ('event' in shipped) events.push(shipped.event);
    return { result: { kind: 'changed', parcel, order: next }, next, events, audit };
  });
}

/**
 * Corrects the carrier and the tracking reference of a parcel. The history and the audit record
 * keep the previous values.
 * @throws a duplicate key error if another order of the shop, or a parcel of it, has the reference
 */
export async function correctParcel(
  context: LedgerContext,
  command: ParcelCorrectionCommand,
): Promise<ParcelResult> {
  return changeOrder<ParcelResult>(context, command.orderId, (order, at) => {
    const { parcelId, correction, actor } = command;
    const { parcels = [] } = order;
    const parcel = parcels.find(({ id }) => id === parcelId);
    if (parcel === undefined) return { result: { kind: 'missing' } };
    const others = parcels.filter((other) => other !== parcel);
    const isTaken = others.some(
      (other) => other.trackingReference === correction.trackingReference,
    );
    if (isTaken) {
      const reason = 'another parcel of the order has this reference';
      return { result: { kind: 'refused', path: 'trackingReference', reason, isTaken, order } };
    }
    const decision = decideParcelCorrection(parcel, correction, order.history);
    if (decision.kind !== 'corrected') return { result: toUncorrected(decision, parcel, order) };
    const { carrier: _, ...withoutCarrier } = parcel;
    const tracking = { ...decision.tracking };
    const corrected: Parcel = { ...withoutCarrier, ...tracking };
    const previous = pick(parcel, 'trackingReference', 'carrier');
    const entry: ParcelEntry = {
      ...{ at, kind: 'parcel_corrected', actor, parcelId },
      ...tracking,
      previous,
    };
    const changed = parcels.map((other) => (other === parcel ? corrected : other));
    const next = withEntry(order, entry, { parcels: changed });
    const detail = { parcelId, ...tracking, previous };
    return {
      result: { kind: 'changed', parcel: corrected, order: next },
      next,
      events: [toOrderEvent(next, 'order.parcel_corrected', { parcelId, ...tracking })],
      audit: [toOrderAudit('order.parcel_corrected', order, command, detail)],
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
