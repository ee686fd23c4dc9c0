import type { Parcel } from '../domain/parcels.ts';
import { pick } from '../domain/pick.ts';
import { countUnits, type LineUnits, sumReductions } from '../domain/reductions.ts';
import type { Tracking } from '../domain/tracking-correction.ts';
import type { OrderStatus } from '../domain/vocabulary.ts';
import { toTrackingReference } from '../runtime/ids.ts';
import type { OrderHistoryEntry, OrderRecord } from '../store/collections/orders.ts';

/** Presents an order to its storefront and its seller, in responses and events. */
export function viewOrder(record: OrderRecord) {
  const { lines, discounts, trackingReference, parcels } = record;
  const units = countUnits(record);
  const ownReference = toTrackingReference(record._id);
  return {
    id: record._id,
    ...pick(record, 'checkoutId', 'shopId', 'buyerId', 'status'),
    lines: lines.map((line, index) => ({
      ...pick(line, 'variantId', 'productId', 'sku', 'title', 'quantity', 'unitPrice', 'discount'),
      ...viewTakenUnits(units[index]),
    })),
    ...pick(record, 'subtotal', 'discount'),
    ...(discounts && { discounts: discounts.map(({ code, amount }) => ({ code, amount })) }),
    ...pick(record, 'charges', 'total', 'currency', 'shippingAddress', 'contact', 'note'),
    ...pick(record, 'paymentReference', 'carrier'),
    ...viewReductions(record),
    trackingReference: trackingReference ?? ownReference,
    ownReference,
    ...(parcels && { parcels: parcels.map(viewParcel) }),
    placedAt: record.placedAt.toISOString(),
    reservedUntil: record.reservedUntil.toISOString(),
    history: viewHistory(record),
  };
}

/** Presents how many units of a line were cancelled, returned or lost; counts of 0 are omitted. */
function viewTakenUnits(units: LineUnits | undefined) {
  const { cancelled = 0, returned = 0, lost = 0 } = units ?? {};
  return {
    ...(cancelled > 0 && { cancelled }),
    ...(returned > 0 && { returned }),
    ...(lost > 0 && { lost }),
  };
}

/**
 * Presents the reductions of an order, the amount due and the sum of refunds; nothing without
 * reductions.
 */
function viewReductions(record: OrderRecord) {
  const { reductions } = record;
  if (reductions === undefined) return {};
  return {
    ...sumReductions(record),
    reductions: reductions.map(({ at, isPaid, isRestocked, ...reduction }) => ({
      at: at.toISOString(),
      ...pick(reduction, 'kind', 'lines', 'charges', 'amount'),
      refund: isPaid ? reduction.amount : 0,
      restocked: isRestocked,
      ...pick(reduction, 'actor', 'reason'),
    })),
  };
}

/** Presents a parcel of an order. */
export function viewParcel({ at, ...parcel }: Parcel) {
  return { ...pick(parcel, 'id', 'carrier', 'trackingReference', 'lines'), at: at.toISOString() };
}

/** Presents the fields that only certain kinds of history entries have. */
function viewEntryDetails(entry: OrderHistoryEntry) {
  if (entry.kind === undefined) return {};
  switch (entry.kind) {
    case 'payment_unmatched':
      return pick(entry, 'kind', 'paymentReference');
    case 'lines_cancelled':
    case 'lines_returned':
    case 'lines_lost':
      return { kind: entry.kind };
    case 'tracking_corrected':
      return { kind: entry.kind, ...viewTracking(entry) };
    case 'reservation_extended': {
      const { kind, reservedUntil, previous } = entry;
      return {
        kind,
        ...viewReservationEnd(reservedUntil),
        previous: viewReservationEnd(previous.reservedUntil),
      };
    }
    case 'details_changed':
      return pick(entry, 'kind', 'fields');
    case 'parcel_added':
    case 'parcel_corrected':
      return { ...pick(entry, 'kind', 'parcelId'), ...viewTracking(entry) };
    default:
      return entry satisfies never;
  }
}

function viewTracking({ previous, ...entry }: Tracking & { readonly previous?: Tracking }) {
  return {
    ...pick(entry, 'trackingReference', 'carrier'),
    ...(previous && { previous: pick(previous, 'trackingReference', 'carrier') }),
  };
}

function viewReservationEnd(reservedUntil: Date) {
  return { reservedUntil: reservedUntil.toISOString() };
}

/**
 * Presents the history. An entry that does not change the status shows the order's status at that
 * time.
 */
function viewHistory({ history }: OrderRecord) {
  let status: OrderStatus = 'pending';
  return history.map((entry) => {
    status = entry.status ?? status;
    const at = entry.at.toISOString();
    return { at, status, ...pick(entry, 'actor', 'reason'), ...viewEntryDetails(entry) };
  });
}
