import { randomBytes } from 'node:crypto';
import type { Lastunit } from '../lastunit.ts';
import {
  BUYER,
  buy,
  confirm,
  confirmed,
  createDraw,
  HOUR_MS,
  ignoreCode,
  inMs,
  LAPSE_S,
  NOTE,
  RESERVATION_S,
  SOON_MS,
  STOCK,
  sendParcel,
  shipped,
  soldOut,
  type TestGoods,
  waitForEvent,
  waitForLapse,
  waiting,
} from './trigger-steps.ts';

const ID_BYTES = 6;

/** Makes an event happen and returns the id of its subject. */
type Trigger = (goods: TestGoods) => Promise<string>;

/** Events that `lastunit trigger` can make happen: all but `checkout.failed`, which is a fault. */
export const TRIGGERS = {
  'checkout.placed': async (goods) => (await buy(goods)).checkoutId,
  'checkout.rejected': async (goods) => (await buy(goods, { quantity: STOCK + 1 })).checkoutId,
  'checkout.waiting': waiting,
  'order.confirmed': confirmed,
  'order.cancelled': async (goods) => {
    const { orderId } = await buy(goods);
    return (await goods.lastunit.orders.cancel(orderId, { reason: NOTE })).id;
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
  'order.lines_cancelled': async (goods) => {
    const { orderId } = await buy(goods, { quantity: 2 });
    const lines = [{ variantId: goods.variantId, quantity: 1 }];
    return (await goods.lastunit.orders.cancel(orderId, { reason: NOTE, lines })).id;
  },
  'order.lost': async (goods) => (await goods.lastunit.orders.lose(await shipped(goods))).id,
  'order.parcel_added': async (goods) => (await sendParcel(goods)).orderId,
  'order.parcel_corrected': async (goods) => {
    const { orderId, parcelId } = await sendParcel(goods);
    await goods.lastunit.orders.updateParcel(orderId, parcelId, { carrier: NOTE });
    return orderId;
  },
  'order.payment_unmatched': async (goods) => {
    const { orderId } = await buy(goods);
    await goods.lastunit.orders.cancel(orderId, { reason: NOTE });
    await confirm(goods, orderId).catch(ignoreCode('invalid_transition'));
    return orderId;
  },
  'order.tracking_corrected': async (goods) =>
    (await goods.lastunit.orders.update(await shipped(goods), { carrier: NOTE })).id,
  'order.details_changed': async (goods) => {
    const { orderId } = await buy(goods);
    return (await goods.lastunit.orders.update(orderId, { note: NOTE })).id;
  },
  'product.sale_started': async (goods) => {
    await goods.lastunit.products.update(goods.productId, { saleFrom: inMs(SOON_MS) });
    return waitForEvent(goods, 'product.sale_started', goods.productId);
  },
  'product.sale_ended': async (goods) => {
    await goods.lastunit.products.update(goods.productId, { saleUntil: inMs(SOON_MS) });
    return waitForEvent(goods, 'product.sale_ended', goods.productId);
  },
  'draw.opened': async (goods) => {
    const drawId = await createDraw(goods, HOUR_MS);
    await waitForEvent(goods, 'draw.opened', drawId);
    return (await goods.lastunit.draws.cancel(drawId)).id;
  },
  'draw.closed': async (goods) =>
    waitForEvent(goods, 'draw.closed', await createDraw(goods, SOON_MS)),
  'draw.settled': async (goods) =>
    waitForEvent(goods, 'draw.settled', await createDraw(goods, SOON_MS)),
  'draw.cancelled': async (goods) =>
    (await goods.lastunit.draws.cancel(await createDraw(goods, HOUR_MS))).id,
  'product.published': async ({ lastunit, productId }) => {
    await lastunit.products.unpublish(productId);
    return (await lastunit.products.publish(productId)).id;
  },
  'stock.adjusted': async ({ lastunit, variantId }) => {
    await lastunit.inventory.adjust(variantId, { delta: 1, reason: NOTE });
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
      reason: NOTE,
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
 * Makes an event happen on a separate product, which is withdrawn from sale afterwards.
 * @throws ApiError `outside_production_only` in production, before anything is created
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
    await lastunit.inventory.adjust(variantId, { set: STOCK, reason: NOTE });
    await lastunit.products.publish(product.id);
    const startedAt = new Date(product.createdAt);
    return await TRIGGERS[name]({ lastunit, productId: product.id, variantId, startedAt });
  } finally {
    await lastunit.products.unpublish(product.id);
  }
}

/** Sends a review, which changes nothing. Production refuses one with `reservationSeconds`. */
async function refuseInProduction(lastunit: Lastunit): Promise<void> {
  const lines = [{ variantId: 'var_of_lastunit_cli', quantity: 1 }];
  const review = { buyerId: BUYER, lines, reservationSeconds: LAPSE_S };
  await lastunit.checkouts.review(review).catch(ignoreCode('unknown_variant'));
}
