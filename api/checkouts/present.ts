import type { z } from 'zod';
import { shopParts } from '../../shared/domain/shop-parts.ts';
import { orderIdOf } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
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
    ...discountsOf(record),
    acceptedAt: record.acceptedAt.toISOString(),
  };
}

/** Why it really failed is for operators: it may name what is none of a caller's business. */
const FAILURE = 'It could not be settled. Nothing was reserved; an operator can try it again.';

/** A checkout as its maker sees it. */
export function presentCheckout(record: CheckoutRecord): z.output<typeof checkout> {
  const { rejection, failure } = record;
  return {
    id: record._id,
    status: record.status,
    buyerId: record.buyerId,
    ...(record.cartId !== undefined && { cartId: record.cartId }),
    currency: record.currency,
    total: record.total,
    ...discountsOf(record),
    orders: ordersOf(record),
    ...(rejection && {
      rejection: {
        code: rejection.code,
        ...(rejection.variantId !== undefined && { variantId: rejection.variantId }),
        ...(rejection.requested !== undefined && { requested: rejection.requested }),
        ...(rejection.available !== undefined && { available: rejection.available }),
        ...(rejection.discountCode !== undefined && { discountCode: rejection.discountCode }),
        ...(rejection.shopId !== undefined && { shopId: rejection.shopId }),
        ...(rejection.reason !== undefined && { reason: rejection.reason }),
      },
    }),
    ...(failure !== undefined && { failure: FAILURE }),
    timeline: timelineOf(record),
  };
}

/** Nothing, as for most checkouts, unless it has discounts. */
function discountsOf({ discounts, total }: CheckoutRecord) {
  if (discounts === undefined) return undefined;
  const shown = discounts.map(({ code, shopId, amount }) => ({ code, shopId, amount }));
  const discount = shown.reduce((sum, { amount }) => sum + amount, 0);
  return { subtotal: total + discount, discount, discounts: shown };
}

function ordersOf(record: CheckoutRecord) {
  if (record.status !== 'placed') return [];
  return shopParts(record.lines).map(({ shopId, total }) => ({
    id: orderIdOf(record._id, shopId),
    shopId,
    total,
  }));
}

function timelineOf(record: CheckoutRecord): { at: string; step: string }[] {
  const steps: [Date | undefined, string][] = [
    [record.receivedAt, 'received'],
    [record.acceptedAt, 'accepted'],
    [record.pickedUpAt, 'picked_up'],
    [record.settledAt, record.status],
  ];
  return steps.flatMap(([at, step]) => (at === undefined ? [] : [{ at: at.toISOString(), step }]));
}
