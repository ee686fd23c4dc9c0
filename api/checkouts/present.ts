import type { z } from 'zod';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { viewCheckout, viewDiscounts, viewRejection } from '../../shared/views/checkout-view.ts';
import type { acceptedCheckout, checkout } from './schemas.ts';

/**
 * Presents an accepted checkout. It uses only data that never changes, so that repeats get the same
 * response: the outcome only if the checkout was stored with it.
 */
export function presentAccepted(record: CheckoutRecord): z.output<typeof acceptedCheckout> {
  const { rejection } = record;
  const isRejectedEarly = rejection?.ageMs !== undefined;
  return {
    id: record._id,
    status: isRejectedEarly ? 'rejected' : 'queued',
    buyerId: record.buyerId,
    ...(record.cartId !== undefined && { cartId: record.cartId }),
    currency: record.currency,
    total: record.total,
    ...viewDiscounts(record),
    ...(isRejectedEarly && { rejection: viewRejection(rejection) }),
    acceptedAt: record.acceptedAt.toISOString(),
  };
}

/** Presents a checkout to the caller that placed it. */
export function presentCheckout(record: CheckoutRecord): z.output<typeof checkout> {
  return viewCheckout(record);
}
