import type { z } from 'zod';
import { shopParts } from '../../shared/domain/settlement.ts';
import { orderIdOf } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { acceptedCheckout, checkout } from './schemas.ts';

/** The 202 of a checkout: made of what was frozen, so that a repeat gets the same. */
export function presentAccepted(record: CheckoutRecord): z.output<typeof acceptedCheckout> {
  return {
    id: record._id,
    status: 'queued',
    buyerId: record.buyerId,
    currency: record.currency,
    total: record.total,
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
    currency: record.currency,
    total: record.total,
    orders: ordersOf(record),
    ...(rejection && {
      rejection: {
        code: rejection.code,
        ...(rejection.variantId !== undefined && { variantId: rejection.variantId }),
        ...(rejection.requested !== undefined && { requested: rejection.requested }),
        ...(rejection.available !== undefined && { available: rejection.available }),
      },
    }),
    ...(failure !== undefined && { failure: FAILURE }),
    timeline: timelineOf(record),
  };
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
