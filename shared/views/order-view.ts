import type { Tracking } from '../domain/tracking-correction.ts';
import type { OrderStatus } from '../domain/vocabulary.ts';
import { toTrackingReference } from '../runtime/ids.ts';
import type { OrderHistoryEntry, OrderRecord } from '../store/collections/orders.ts';

/** Presents an order to its storefront and its seller, in responses and events. */
export function viewOrder(record: OrderRecord) {
  const { shippingAddress, paymentReference, trackingReference, carrier, discounts } = record;
  return {
    id: record._id,
    checkoutId: record.checkoutId,
    shopId: record.shopId,
    buyerId: record.buyerId,
    status: record.status,
    lines: record.lines.map(
      ({ variantId, productId, sku, title, quantity, unitPrice, discount }) => ({
        variantId,
        productId,
        sku,
        title,
        quantity,
        unitPrice,
        ...(discount !== undefined && { discount }),
      }),
    ),
    subtotal: record.subtotal,
    discount: record.discount,
    ...(discounts && { discounts: discounts.map(({ code, amount }) => ({ code, amount })) }),
    total: record.total,
    currency: record.currency,
    ...(shippingAddress !== undefined && { shippingAddress: { ...shippingAddress } }),
    ...(paymentReference !== undefined && { paymentReference }),
    trackingReference: trackingReference ?? toTrackingReference(record._id),
    ...(carrier !== undefined && { carrier }),
    placedAt: record.placedAt.toISOString(),
    reservedUntil: record.reservedUntil.toISOString(),
    history: viewHistory(record),
  };
}

/** Presents the details of an entry besides its status. */
function viewOccasion(entry: OrderHistoryEntry) {
  if (entry.kind === undefined) return {};
  if (entry.kind === 'payment_unmatched') {
    return { kind: entry.kind, paymentReference: entry.paymentReference };
  }
  return { kind: entry.kind, ...viewTracking(entry), previous: viewTracking(entry.previous) };
}

function viewTracking({ trackingReference, carrier }: Tracking) {
  return {
    ...(trackingReference !== undefined && { trackingReference }),
    ...(carrier !== undefined && { carrier }),
  };
}

/** Entries that do not change the status show the status that the order had. */
function viewHistory({ history }: OrderRecord) {
  let status: OrderStatus = 'pending';
  return history.map((entry) => {
    status = entry.status ?? status;
    const { at, actor, reason } = entry;
    return {
      at: at.toISOString(),
      status,
      actor,
      ...(reason !== undefined && { reason }),
      ...viewOccasion(entry),
    };
  });
}
