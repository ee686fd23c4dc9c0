import type { z } from 'zod';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { viewCheckout, viewDiscounts } from '../../shared/views/checkout-view.ts';
import type { acceptedCheckout, checkout } from './schemas.ts';

/** Presents an accepted checkout. It uses only frozen data, so that repeats get the same response. */
export function presentAccepted(record: CheckoutDraft): z.output<typeof acceptedCheckout> {
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

/** Presents a checkout to the caller that placed it. */
export function presentCheckout(record: CheckoutRecord): z.output<typeof checkout> {
  return viewCheckout(record);
}
