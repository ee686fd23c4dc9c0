import type { z } from 'zod';
import type { Tracking } from '../../shared/domain/tracking-correction.ts';
import type { OrderStatus } from '../../shared/domain/vocabulary.ts';
import { trackingReferenceOf } from '../../shared/runtime/tracking-reference.ts';
import type { OrderHistoryEntry, OrderRecord } from '../../shared/store/collections/orders.ts';
import type { order } from './schemas.ts';

/** An order as its maker and its shop see it. */
export function presentOrder(record: OrderRecord): z.output<typeof order> {
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
    trackingReference: trackingReference ?? trackingReferenceOf(record._id),
    ...(carrier !== undefined && { carrier }),
    placedAt: record.placedAt.toISOString(),
    reservedUntil: record.reservedUntil.toISOString(),
    history: presentHistory(record),
  };
}

/** What an entry says besides a status. */
function presentOccasion(entry: OrderHistoryEntry) {
  if (entry.kind === undefined) return {};
  if (entry.kind === 'payment_unmatched') {
    return { kind: entry.kind, paymentReference: entry.paymentReference };
  }
  return { kind: entry.kind, ...presentTracking(entry), previous: presentTracking(entry.previous) };
}

function presentTracking({ trackingReference, carrier }: Tracking) {
  return {
    ...(trackingReference !== undefined && { trackingReference }),
    ...(carrier !== undefined && { carrier }),
  };
}

/** Entries that change no status show the one that the order had. */
function presentHistory({ history }: OrderRecord): z.output<typeof order>['history'] {
  let status: OrderStatus = 'pending';
  return history.map((entry) => {
    status = entry.status ?? status;
    const { at, actor, reason } = entry;
    return {
      at: at.toISOString(),
      status,
      actor,
      ...(reason !== undefined && { reason }),
      ...presentOccasion(entry),
    };
  });
}
