import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lastunit } from '../lastunit.ts';

/** A product that exists only for a trigger. */
interface TestGoods {
  readonly lastunit: Lastunit;
  readonly productId: string;
  readonly variantId: string;
}

/** Makes an event happen, and returns the id of what it happened to. */
type Trigger = (goods: TestGoods) => Promise<string>;

const STOCK = 5;
const ID_BYTES = 6;
/** Orders of triggers lapse soon, so that they hold nothing. */
const RESERVATION_S = 60;
const LAPSE_S = 1;
const LAPSE_POLL_MS = 250;
const LAPSE_MS_MAX = 30_000;
const BUYER = 'lastunit-cli';

/** Events that `lastunit trigger` can make happen. */
export const TRIGGERS = {
  'checkout.placed': async (goods) => (await buy(goods)).checkoutId,
  'checkout.rejected': async (goods) => (await buy(goods, { quantity: STOCK + 1 })).checkoutId,
  'order.confirmed': confirmed,
  'order.cancelled': async (goods) => {
    const { orderId } = await buy(goods);
    return (await goods.lastunit.orders.cancel(orderId, { reason: 'lastunit trigger' })).id;
  },
  'order.expired': async (goods) =>
    waitForLapse(goods, (await buy(goods, { holdS: LAPSE_S })).orderId),
  'order.reservation_extended': async (goods) => {
    const { orderId } = await buy(goods);
    return (await goods.lastunit.orders.extend(orderId, { seconds: RESERVATION_S })).id;
  },
  'order.shipped': shipped,
  'order.delivered': async (goods) =>
    (await goods.lastunit.orders.deliver(await shipped(goods))).id,
  'order.returned': async (goods) => (await goods.lastunit.orders.return(await shipped(goods))).id,
  'product.published': async ({ lastunit, productId }) => {
    await lastunit.products.unpublish(productId);
    return (await lastunit.products.publish(productId)).id;
  },
  'stock.adjusted': async ({ lastunit, variantId }) => {
    await lastunit.inventory.adjust(variantId, { delta: 1, reason: 'lastunit trigger' });
    return variantId;
  },
  'stock.low': async (goods) => {
    await goods.lastunit.inventory.update(goods.variantId, { lowStockThreshold: STOCK - 1 });
    await buy(goods);
    return goods.variantId;
  },
  'stock.depleted': soldOut,
  'stock.returned': async (goods) => {
    const variantId = await soldOut(goods);
    await goods.lastunit.inventory.adjust(variantId, {
      set: STOCK + 1,
      reason: 'lastunit trigger',
    });
    return variantId;
  },
} as const satisfies Readonly<Record<string, Trigger>>;

export type TriggerName = keyof typeof TRIGGERS;

/** Whether the CLI can make an event happen. */
export function isTrigger(name: string): name is TriggerName {
  return Object.hasOwn(TRIGGERS, name);
}

/**
 * Makes an event happen on a product of its own, which is withdrawn from sale afterwards.
 * @throws ApiError `outside_production_only` in production, before anything is made
 */
export async function trigger(lastunit: Lastunit, name: TriggerName): Promise<string> {
  await refuseInProduction(lastunit);
  const sku = `lastunit-cli-${randomBytes(ID_BYTES).toString('hex')}`;
  const product = await lastunit.products.create({
    title: `Test product of lastunit trigger ${name}`,
    type: 'furniture',
    variants: [{ sku, price: 100, currency: 'GBP' }],
  });
  const variantId = product.variants[0]?.id ?? '';
  try {
    await lastunit.inventory.adjust(variantId, { set: STOCK, reason: 'lastunit trigger' });
    await lastunit.products.publish(product.id);
    return await TRIGGERS[name]({ lastunit, productId: product.id, variantId });
  } finally {
    await lastunit.products.unpublish(product.id);
  }
}

/** A review has no effect, and refuses a chosen length in production. */
async function refuseInProduction(lastunit: Lastunit): Promise<void> {
  const lines = [{ variantId: 'var_of_lastunit_cli', quantity: 1 }];
  const review = { buyerId: BUYER, lines, reservationSeconds: LAPSE_S };
  await lastunit.checkouts.review(review).catch((error: unknown) => {
    const isKnown = error instanceof Error && 'code' in error && error.code === 'unknown_variant';
    if (!isKnown) throw error;
  });
}

async function buy(
  { lastunit, variantId }: TestGoods,
  { quantity = 1, holdS = RESERVATION_S }: { quantity?: number; holdS?: number } = {},
): Promise<{ readonly checkoutId: string; readonly orderId: string }> {
  const lines = [{ variantId, quantity }];
  const request = { buyerId: BUYER, lines, reservationSeconds: holdS };
  const outcome = await lastunit.checkouts.submitAndWait(request);
  return { checkoutId: outcome.id, orderId: outcome.orders[0]?.id ?? '' };
}

async function confirmed(goods: TestGoods): Promise<string> {
  const { orderId } = await buy(goods);
  const paymentReference = `lastunit-cli-${orderId}`;
  return (await goods.lastunit.orders.confirm(orderId, { paymentReference })).id;
}

async function shipped(goods: TestGoods): Promise<string> {
  return (await goods.lastunit.orders.ship(await confirmed(goods))).id;
}

async function soldOut(goods: TestGoods): Promise<string> {
  await buy(goods, { quantity: STOCK });
  return goods.variantId;
}

async function waitForLapse({ lastunit }: TestGoods, orderId: string): Promise<string> {
  const giveUpAt = Date.now() + LAPSE_MS_MAX;
  while (Date.now() < giveUpAt) {
    if ((await lastunit.orders.get(orderId)).status === 'expired') return orderId;
    await pause(LAPSE_POLL_MS);
  }
  throw new Error(`order ${orderId} has not lapsed within ${LAPSE_MS_MAX / 1_000} s`);
}
