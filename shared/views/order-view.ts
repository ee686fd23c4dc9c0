import { pick } from '../domain/pick.ts';
import type { OrderStatus } from '../domain/vocabulary.ts';
import { toTrackingReference } from '../runtime/ids.ts';
import type { OrderHistoryEntry, OrderRecord } from '../store/collections/orders.ts';

/** Presents an order to its storefront and its seller, in responses and events. */
export function viewOrder(record: OrderRecord) {
  const { lines, discounts, trackingReference } = record;
  return {
    id: record._id,
    ...pick(record, 'checkoutId', 'shopId', 'buyerId', 'status'),
    lines: lines.map((line) =>
      pick(line, 'variantId', 'productId', 'sku', 'title', 'quantity', 'unitPrice', 'discount'),
    ),
    ...pick(record, 'subtotal', 'discount'),
    ...(discounts && { discounts: discounts.map(({ code, amount }) => ({ code, amount })) }),
    ...pick(record, 'total', 'currency', 'shippingAddress', 'paymentReference', 'carrier'),
    trackingReference: trackingReference ?? toTrackingReference(record._id),
    placedAt: record.placedAt.toISOString(),
    reservedUntil: record.reservedUntil.toISOString(),
    history: viewHistory(record),
  };
}

/** Presents the details of an entry besides its status. */
function viewOccasion(entry: OrderHistoryEntry) {
  if (entry.kind === undefined) return {};
  if (entry.kind === 'payment_unmatched') return pick(entry, 'kind', 'paymentReference');
  if (entry.kind === 'reservation_extended') {
    const { kind, reservedUntil, previous } = entry;
    return { kind, ...viewEnd(reservedUntil), previous: viewEnd(previous.reservedUntil) };
  }
  const previous = pick(entry.previous, 'trackingReference', 'carrier');
  return { ...pick(entry, 'kind', 'trackingReference', 'carrier'), previous };
}

function viewEnd(reservedUntil: Date) {
  return { reservedUntil: reservedUntil.toISOString() };
}

/** Entries that do not change the status show the status that the order had. */
function viewHistory({ history }: OrderRecord) {
  let status: OrderStatus = 'pending';
  return history.map((entry) => {
    status = entry.status ?? status;
    const at = entry.at.toISOString();
    return { at, status, ...pick(entry, 'actor', 'reason'), ...viewOccasion(entry) };
  });
}
