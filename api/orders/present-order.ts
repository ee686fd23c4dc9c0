import type { z } from 'zod';
import { trackingReferenceOf } from '../../shared/runtime/tracking-reference.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
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
    history: record.history.map(({ at, status, actor, reason }) => ({
      at: at.toISOString(),
      status,
      actor,
      ...(reason !== undefined && { reason }),
    })),
  };
}
