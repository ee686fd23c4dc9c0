import { sumCharges } from '../domain/charges.ts';
import { shopParts } from '../domain/lines.ts';
import { pick } from '../domain/pick.ts';
import type { Rejection } from '../domain/rejection.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';

/** Shown instead of the reason why a checkout was parked, which only operators may see. */
const FAILURE =
  'The checkout could not be settled. Nothing was reserved; an operator can try again.';

/** Presents a checkout to the shop that made it, in responses and events. */
export function viewCheckout(record: CheckoutRecord) {
  const { rejection, failure, waitUntil } = record;
  return {
    id: record._id,
    ...pick(record, 'status', 'buyerId', 'cartId', 'drawId', 'currency', 'total'),
    ...viewDiscounts(record),
    ...pick(record, 'charges', 'contact', 'note'),
    orders: viewOrders(record),
    ...(rejection && { rejection: viewRejection(rejection) }),
    ...(failure !== undefined && { failure: FAILURE }),
    ...(waitUntil && { whenSoldOut: { waitUntil: waitUntil.toISOString() } }),
    timeline: viewTimeline(record),
  };
}

/** Presents why a checkout was rejected, without the version that the decision was based on. */
export function viewRejection(rejection: Rejection) {
  return {
    ...pick(rejection, 'code', 'variantId', 'requested', 'available'),
    ...pick(rejection, 'productId', 'limit', 'days', 'bought'),
    ...pick(rejection, 'discountCode', 'shopId', 'reason'),
    ...(rejection.lapsedOrderIds && { lapsedOrderIds: [...rejection.lapsedOrderIds] }),
  };
}

/**
 * Presents the discounts of a checkout and the subtotal before them. Returns undefined without
 * discounts.
 */
export function viewDiscounts({
  discounts,
  total,
  charges,
}: Pick<CheckoutRecord, 'discounts' | 'total' | 'charges'>) {
  if (discounts === undefined) return undefined;
  const applied = discounts.map(({ code, shopId, amount }) => ({ code, shopId, amount }));
  const discount = applied.reduce((sum, { amount }) => sum + amount, 0);
  return { subtotal: total - sumCharges(charges) + discount, discount, discounts: applied };
}

function viewOrders(record: CheckoutRecord) {
  if (record.status !== 'placed') return [];
  return shopParts(record.lines, record.charges).map(({ shopId, total }) => ({
    id: toOrderId(record._id, shopId),
    shopId,
    total,
  }));
}

function viewTimeline(record: CheckoutRecord): { at: string; step: string }[] {
  const steps: [Date | undefined, string][] = [
    [record.receivedAt, 'received'],
    [record.acceptedAt, 'accepted'],
    [record.pickedUpAt, 'picked_up'],
    [record.waitingSince, 'waiting'],
    [record.settledAt, record.status],
  ];
  return steps.flatMap(([at, step]) => (at === undefined ? [] : [{ at: at.toISOString(), step }]));
}
