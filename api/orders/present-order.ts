import type { z } from 'zod';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { order } from './schemas.ts';

/** An order as its maker and its shop see it. */
export function presentOrder(record: OrderRecord): z.output<typeof order> {
  const { shippingAddress } = record;
  return {
    id: record._id,
    checkoutId: record.checkoutId,
    shopId: record.shopId,
    buyerId: record.buyerId,
    status: record.status,
    lines: record.lines.map(({ variantId, productId, sku, title, quantity, unitPrice }) => ({
      variantId,
      productId,
      sku,
      title,
      quantity,
      unitPrice,
    })),
    subtotal: record.subtotal,
    discount: record.discount,
    total: record.total,
    currency: record.currency,
    ...(shippingAddress !== undefined && { shippingAddress: { ...shippingAddress } }),
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
