// Buyers of a drop: of limited products, of units that come back, and of a draw.
import { check } from 'k6';
import { FOLLOW } from './follow.js';

const CONCURRENT_CHECKOUTS = 5;
/** The purchase limit of the products, which `test-products.ts` sets. */
const UNITS_PER_BUYER = 2;
const WAIT_MS = 15_000;
const PAYMENT_REFERENCE_LENGTH_MAX = 60;

/**
 * The behaviours of these buyers, by kind of buyer. Each function gets a buyer's key and order,
 * `purchase`, which posts and follows checkouts, and `post`, which makes other requests.
 */
export const DROP_BUYERS = {
  /** Tries to get more than the limit by several concurrent checkouts. */
  limited: (plan, { key, order }, { purchase }) => {
    const keys = Array.from({ length: CONCURRENT_CHECKOUTS }, (_, number) => `${key}-${number}`);
    const refusals = ['out_of_stock', 'purchase_limit_reached'];
    const outcomes = purchase(plan, { keys, order, follow: FOLLOW['long-polling'], refusals });
    check(outcomes, {
      'buyer has no more than the limit': (settled) => countPlaced(settled) <= UNITS_PER_BUYER,
    });
  },

  /**
   * Waits for units. Every second buyer who gets units cancels, so that other waiting buyers get
   * them.
   */
  patient: (plan, { key, order }, { purchase, post }) => {
    const waitUntil = new Date(Date.now() + WAIT_MS).toISOString();
    const [outcome] = purchase(plan, {
      keys: [key],
      order: { ...order, whenSoldOut: { waitUntil } },
      follow: FOLLOW.polling,
      refusals: ['wait_over'],
    });
    if (outcome?.status !== 'placed' || Number(key.split('-').pop()) % 2 === 1) return;
    const path = `/v1/orders/${outcome.orders[0].id}/cancel`;
    const cancelled = post(plan, path, { reason: 'load test' }, 'POST /v1/orders/{id}/cancel');
    check(cancelled, { 'order is cancelled': ({ status }) => status === 200 });
  },

  /**
   * Enters a draw. A winner confirms its order. When all winners have confirmed, the rest is
   * refused.
   */
  draw: (plan, { key, drawId, order }, { purchase, post }) => {
    const [outcome] = purchase(plan, {
      keys: [key],
      order: { ...order, drawId },
      follow: FOLLOW.polling,
      refusals: ['not_drawn'],
    });
    if (outcome?.status !== 'placed') return;
    const path = `/v1/orders/${outcome.orders[0].id}/confirm`;
    const paymentReference = key.slice(-PAYMENT_REFERENCE_LENGTH_MAX);
    const confirmed = post(plan, path, { paymentReference }, 'POST /v1/orders/{id}/confirm');
    check(confirmed, { 'order is confirmed': ({ status }) => status === 200 });
  },
};

function countPlaced(outcomes) {
  return outcomes.filter(({ status }) => status === 'placed').length;
}
