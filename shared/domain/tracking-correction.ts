import type { OrderDetails } from './order-details.ts';
import { changeValue, pick } from './pick.ts';
import type { OrderStatus } from './vocabulary.ts';

/** The maximum number of corrections of one order, and of one parcel. */
export const TRACKING_CORRECTIONS_MAX = 100;

/** The tracking reference and the carrier of an order. */
export type Tracking = Pick<OrderDetails, 'trackingReference' | 'carrier'>;

/** A correction: null removes a value, and an absent member keeps it. */
export type TrackingCorrection = {
  readonly [Name in keyof Tracking]?: string | null | undefined;
};

/** The fields of an order that a correction depends on. */
interface SentOrder extends Tracking {
  readonly status: OrderStatus;
  readonly history: readonly { readonly kind?: string }[];
}

/** The decision on a correction. */
export type CorrectionDecision =
  | { readonly kind: 'corrected'; readonly tracking: Tracking }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides a correction of an order's tracking reference or carrier. Both can be corrected once the
 * order is shipped, even after delivery, because wrong references are often noticed only then.
 */
export function decideCorrection(
  order: SentOrder,
  correction: TrackingCorrection,
): CorrectionDecision {
  if (order.status !== 'shipped' && order.status !== 'delivered') {
    return { kind: 'refused', reason: `an order that is ${order.status} was not sent` };
  }
  const { trackingReference, carrier } = correction;
  const corrected = {
    trackingReference: changeValue(order.trackingReference, trackingReference),
    carrier: changeValue(order.carrier, carrier),
  };
  const tracking = pick(corrected, 'trackingReference', 'carrier');
  const isSame =
    tracking.trackingReference === order.trackingReference && tracking.carrier === order.carrier;
  if (isSame) return { kind: 'unchanged' };
  const earlier = order.history.filter(({ kind }) => kind === 'tracking_corrected').length;
  if (earlier >= TRACKING_CORRECTIONS_MAX) {
    return { kind: 'refused', reason: `the tracking has already been corrected ${earlier} times` };
  }
  return { kind: 'corrected', tracking };
}
