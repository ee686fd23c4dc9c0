import type { CheckoutRecord } from '../../store/collections/checkouts.ts';

type AcceptedCheckout = Pick<CheckoutRecord, '_id' | 'acceptedAt'>;

/** Compares checkouts by the order of acceptance. */
export function byAcceptance(first: AcceptedCheckout, second: AcceptedCheckout): number {
  const earlier = first.acceptedAt.getTime() - second.acceptedAt.getTime();
  if (earlier !== 0) return earlier;
  return first._id < second._id ? -1 : Number(first._id > second._id);
}
