import type { DomainEvent } from '../contract/events.ts';
import type { StockLevel } from '../domain/vocabulary.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import { viewCheckout } from '../views/checkout-view.ts';
import { viewLevel } from '../views/level-view.ts';
import { viewOrder } from '../views/order-view.ts';
import { type OrderState, orderAsPlaced, orderInState } from './order-state.ts';

/** An event as a webhook carries it: the payload that Standard Webhooks recommends. */
export interface WebhookPayload {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  /** Of this form; it changes when what is there changes its meaning. */
  readonly version: typeof PAYLOAD_VERSION;
  readonly data: Readonly<Record<string, unknown>>;
}

export const PAYLOAD_VERSION = 1;

/** The records that events are about, by their ids; a missing one is left out of the payload. */
export interface EventSubjects {
  readonly orders: ReadonlyMap<string, OrderRecord>;
  readonly checkouts: ReadonlyMap<string, CheckoutRecord>;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * What one shop may know of an event, with its subject as it was then. A checkout can span shops:
 * the shop whose storefront made it sees all of it; each seller sees its own order only, and of a
 * refusal no more than its code, since the rest may name another's products.
 */
export function eventForShop(
  event: DomainEvent,
  shopId: string,
  subjects: EventSubjects,
): WebhookPayload {
  const { subjectId, seq } = event;
  return {
    id: webhookIdOf(event.id),
    type: event.type,
    timestamp: event.at.toISOString(),
    version: PAYLOAD_VERSION,
    data: { subjectId, seq, shopId, ...dataForShop(event, shopId, subjects) },
  };
}

/** The event's id without full stops, which the signature scheme uses between its parts. */
export function webhookIdOf(eventId: string): string {
  return eventId.replaceAll('.', '-');
}

/** Whether the shop's storefront made the checkout or order of the event. */
export function isMadeBy({ shopIds, storefrontId }: DomainEvent, shopId: string): boolean {
  return storefrontId === undefined
    ? shopIds.length === 1 && shopIds[0] === shopId
    : storefrontId === shopId;
}

function dataForShop(event: DomainEvent, shopId: string, subjects: EventSubjects): Data {
  const { type, subjectId, data, shopIds } = event;
  switch (type) {
    case 'checkout.placed':
    case 'checkout.rejected':
    case 'checkout.failed':
      return {
        ...(isMadeBy(event, shopId) && checkoutOf(event, subjects)),
        ...(shopIds.includes(shopId) && sellersPart(event, shopId, subjects)),
        ...(isMadeBy(event, shopId) && outcomeOf(event)),
      };
    case 'order.confirmed':
    case 'order.cancelled':
    case 'order.expired':
    case 'order.shipped':
    case 'order.delivered':
    case 'order.tracking_corrected':
    case 'order.payment_unmatched': {
      const { state, ...rest } = data;
      const order = subjects.orders.get(subjectId);
      if (order === undefined || state === undefined) return rest;
      return { ...rest, order: viewOrder(orderInState(order, state as OrderState)) };
    }
    case 'stock.adjusted':
    case 'stock.low':
    case 'stock.depleted':
    case 'stock.returned':
      return stockData(event);
    default:
      return type satisfies never;
  }
}

/** The checkout as it was settled, for the shop whose storefront made it. */
function checkoutOf({ type, subjectId, at }: DomainEvent, { checkouts }: EventSubjects): Data {
  const found = checkouts.get(subjectId);
  if (found === undefined) return {};
  // A failed one may have been tried again since.
  const { failure: _, rejection, pickedUpAt, ...record } = found;
  const lines = record.lines.map(
    ({ variantId, productId, shopId, sku, title, quantity, unitPrice, discount }) => ({
      ...{ variantId, productId, shopId, sku, title, quantity, unitPrice },
      ...(discount !== undefined && { discount }),
    }),
  );
  const { shippingAddress } = record;
  const checkout = viewCheckout({
    ...record,
    status: STATUS[type] ?? record.status,
    settledAt: at,
    ...(pickedUpAt !== undefined && pickedUpAt <= at && { pickedUpAt }),
    ...(type === 'checkout.rejected' && rejection && { rejection }),
    ...(type === 'checkout.failed' && { failure: '' }),
  });
  return { checkout: { ...checkout, lines, ...(shippingAddress && { shippingAddress }) } };
}

const STATUS: Partial<Record<DomainEvent['type'], CheckoutRecord['status']>> = {
  'checkout.placed': 'placed',
  'checkout.rejected': 'rejected',
  'checkout.failed': 'failed',
};

/** What the shop whose storefront made the checkout sees of its outcome. */
function outcomeOf({ type, data }: DomainEvent): Data {
  // The reason of a failure is a technical one, for operators.
  return type === 'checkout.failed' ? {} : data;
}

/** What one of the sellers sees of the outcome. */
function sellersPart(
  { type, subjectId, data, shopIds }: DomainEvent,
  shopId: string,
  { orders }: EventSubjects,
): Data {
  if (type === 'checkout.rejected') return shopIds.length === 1 ? data : { code: data['code'] };
  if (type !== 'checkout.placed') return {};
  const orderId = toOrderId(subjectId, shopId);
  const order = orders.get(orderId);
  return { orders: [orderId], ...(order && { order: viewOrder(orderAsPlaced(order)) }) };
}

function stockData({ data, subjectId: variantId, seq: version }: DomainEvent): Data {
  const { level, ...rest } = data;
  if (level === undefined) return rest;
  const counters = level as Omit<StockLevel, 'variantId' | 'productId' | 'shopId' | 'version'>;
  const known = { variantId, productId: String(rest['productId']), shopId: '', version };
  return { ...rest, level: viewLevel({ ...known, ...counters }) };
}
