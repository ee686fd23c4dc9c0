import type { z } from 'zod';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { viewCheckout, viewDiscounts } from '../../shared/views/checkout-view.ts';
import type { acceptedCheckout, checkout } from './schemas.ts';

/** The 202 of a checkout: made of what was frozen, so that a repeat gets the same. */
export function presentAccepted(record: CheckoutRecord): z.output<typeof acceptedCheckout> {
  return {
    id: record._id,
    status: 'queued',
    buyerId: record.buyerId,
    ...(record.cartId !== undefined && { cartId: record.cartId }),
    currency: record.currency,
    total: record.total,
    ...viewDiscounts(record),
    acceptedAt: record.acceptedAt.toISOString(),
  };
}

/** A checkout as its maker sees it. */
export function presentCheckout(record: CheckoutRecord): z.output<typeof checkout> {
  return viewCheckout(record);
}
