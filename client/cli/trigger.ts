import { randomBytes } from 'node:crypto';
import type { Lastunit } from '../lastunit.ts';
import {
  BUYER,
  buy,
  buyAndConfirm,
  buyAndShip,
  confirm,
  createDraw,
  HOUR_MS,
  ignoreCode,
  inMs,
  LAPSE_S,
  NOTE,
  RESERVATION_S,
  SOON_MS,
  STOCK,
  sellOut,
  sendParcel,
  type TriggerContext,
  waitAndWithdraw,
  waitForEvent,
  waitForLapse,
} from './trigger-steps.ts';

const ID_BYTES = 6;

/** Makes an event happen and returns the id of its subject. */
type Trigger = (context: TriggerContext) => Promise<string>;

/** Events that `lastunit trigger` can make happen: all but `checkout.failed`, which is a fault. */
export const TRIGGERS = {
  'checkout.placed': async (context) => (await buy(context)).checkoutId,
  'checkout.rejected': async (context) => (await buy(context, { quantity: STOCK + 1 })).checkoutId,
  'checkout.waiting': waitAndWithdraw,
  'order.confirmed': buyAndConfirm,
  'order.cancelled': async (context) => {
    const { orderId } = await buy(context);
    return (await context.lastunit.orders.cancel(orderId, { reason: NOTE })).id;
  },
  'order.expired': async (context) =>
    waitForLapse(context, (await buy(context, { holdS: LAPSE_S })).orderId),
  'order.reservation_extended': async (context) => {
    const { orderId } = await buy(context);
    return (await context.lastunit.orders.extend(orderId, { seconds: RESERVATION_S })).id;
  },
  'order.shipped': buyAndShip,
  'order.delivered': async (context) =>
    (await context.lastunit.orders.deliver(await buyAndShip(context))).id,
  'order.returned': async (context) =>
    (await context.lastunit.orders.return(await buyAndShip(context))).id,
  'order.lines_cancelled': async (context) => {
    const { orderId } = await buy(context, { quantity: 2 });
    const lines = [{ variantId: context.variantId, quantity: 1 }];
    return (await context.lastunit.orders.cancel(orderId, { reason: NOTE, lines })).id;
  },
  'order.lost': async (context) =>
    (await context.lastunit.orders.lose(await buyAndShip(context))).id,
  'order.parcel_added': async (context) => (await sendParcel(context)).orderId,
  'order.parcel_corrected': async (context) => {
    const { orderId, parcelId } = await sendParcel(context);
    await context.lastunit.orders.updateParcel(orderId, parcelId, { carrier: NOTE });
    return orderId;
  },
  'order.payment_unmatched': async (context) => {
    const { orderId } = await buy(context);
    await context.lastunit.orders.cancel(orderId, { reason: NOTE });
    await confirm(context, orderId).catch(ignoreCode('invalid_transition'));
    return orderId;
  },
  'order.tracking_corrected': async (context) =>
    (await context.lastunit.orders.update(await buyAndShip(context), { carrier: NOTE })).id,
  'order.details_changed': async (context) => {
    const { orderId } = await buy(context);
    return (await context.lastunit.orders.update(orderId, { note: NOTE })).id;
  },
  'product.sale_started': async (context) => {
    await context.lastunit.products.update(context.productId, { saleFrom: inMs(SOON_MS) });
    return waitForEvent(context, 'product.sale_started', context.productId);
  },
  'product.sale_ended': async (context) => {
    await context.lastunit.products.update(context.productId, { saleUntil: inMs(SOON_MS) });
    return waitForEvent(context, 'product.sale_ended', context.productId);
  },
  'draw.opened': async (context) => {
    const drawId = await createDraw(context, HOUR_MS);
    await waitForEvent(context, 'draw.opened', drawId);
    return (await context.lastunit.draws.cancel(drawId)).id;
  },
  'draw.closed': async (context) =>
    waitForEvent(context, 'draw.closed', await createDraw(context, SOON_MS)),
  'draw.settled': async (context) =>
    waitForEvent(context, 'draw.settled', await createDraw(context, SOON_MS)),
  'draw.cancelled': async (context) =>
    (await context.lastunit.draws.cancel(await createDraw(context, HOUR_MS))).id,
  'product.published': async ({ lastunit, productId }) => {
    await lastunit.products.unpublish(productId);
    return (await lastunit.products.publish(productId)).id;
  },
  'stock.adjusted': async ({ lastunit, variantId }) => {
    await lastunit.inventory.adjust(variantId, { delta: 1, reason: NOTE });
    return variantId;
  },
  'stock.low': async (context) => {
    await context.lastunit.inventory.update(context.variantId, { lowStockThreshold: STOCK - 1 });
    await buy(context);
    return context.variantId;
  },
  'stock.depleted': sellOut,
  'stock.returned': async (context) => {
    const { orderId } = await buy(context, { quantity: STOCK });
    await context.lastunit.orders.cancel(orderId, { reason: NOTE });
    return context.variantId;
  },
} as const satisfies Readonly<Record<string, Trigger>>;

export type TriggerName = keyof typeof TRIGGERS;

/** Whether the CLI can make an event happen. */
export function isTrigger(name: string): name is TriggerName {
  return Object.hasOwn(TRIGGERS, name);
}

/**
 * Makes an event happen on a separate product, which is withdrawn from sale afterwards. Returns the
 * id of the event's subject.
 * @throws ApiError `outside_production_only` in production, before anything is created; Error if what
 *   a worker does for the event takes more than 30 s
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

/** Sends a review, which changes nothing. Production refuses a review with `reservationSeconds`. */
async function refuseInProduction(lastunit: Lastunit): Promise<void> {
  const lines = [{ variantId: 'var_of_lastunit_cli', quantity: 1 }];
  const review = { buyerId: BUYER, lines, reservationSeconds: LAPSE_S };
  await lastunit.checkouts.review(review).catch(ignoreCode('unknown_variant'));
}
