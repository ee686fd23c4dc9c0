import type { DomainEvent } from '../contract/events.ts';
import { pick } from '../domain/pick.ts';
import type { StockLevel } from '../domain/vocabulary.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import { viewCheckout } from '../views/checkout-view.ts';
import { viewLevel } from '../views/level-view.ts';
import { viewOrder } from '../views/order-view.ts';
import { type OrderState, orderAsPlaced, orderInState } from './order-state.ts';

/** The body of a webhook request, as Standard Webhooks recommends. */
export interface WebhookPayload {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  /** The version of the format; it increases when the meaning of a member changes. */
  readonly version: typeof PAYLOAD_VERSION;
  readonly data: Readonly<Record<string, unknown>>;
}

export const PAYLOAD_VERSION = 1;

/** The records that events are about, by id. Payloads omit missing records. */
export interface EventSubjects {
  readonly orders: ReadonlyMap<string, OrderRecord>;
  readonly checkouts: ReadonlyMap<string, CheckoutRecord>;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Returns the part of an event that one shop may see, with the state of its subject at the event. A
 * checkout can span shops. The shop whose storefront made it sees everything except why it failed.
 * Each seller sees its own order. If a checkout has several sellers, they see only the code of a
 * rejection, because the rest may name another seller's products.
 */
export function eventForShop(
  event: DomainEvent,
  shopId: string,
  subjects: EventSubjects,
): WebhookPayload {
  const { subjectId, seq } = event;
  return {
    id: toWebhookEventId(event.id),
    type: event.type,
    timestamp: event.at.toISOString(),
    version: PAYLOAD_VERSION,
    data: { subjectId, seq, shopId, ...dataForShop(event, shopId, subjects) },
  };
}

/**
 * Returns the event's id with hyphens instead of full stops, which the signature scheme uses as
 * separators.
 */
export function toWebhookEventId(eventId: string): string {
  return eventId.replaceAll('.', '-');
}

/**
 * Returns whether the shop's storefront made the checkout or order of the event. An event without
 * `storefrontId` was made by the storefront of its only seller.
 */
export function isMadeBy({ shopIds, storefrontId }: DomainEvent, shopId: string): boolean {
  return storefrontId === undefined
    ? shopIds.length === 1 && shopIds[0] === shopId
    : storefrontId === shopId;
}

function dataForShop(event: DomainEvent, shopId: string, subjects: EventSubjects): Data {
  const { type, subjectId, data, shopIds } = event;
  switch (type) {
    case 'checkout.waiting':
    case 'checkout.placed':
    case 'checkout.rejected':
    case 'checkout.failed':
      return {
        ...(isMadeBy(event, shopId) && presentCheckout(event, subjects)),
        ...(shopIds.includes(shopId) && presentSellersPart(event, shopId, subjects)),
        ...(isMadeBy(event, shopId) && presentOutcome(event)),
      };
    case 'order.confirmed':
    case 'order.cancelled':
    case 'order.expired':
    case 'order.shipped':
    case 'order.delivered':
    case 'order.lines_cancelled':
    case 'order.returned':
    case 'order.lost':
    case 'order.parcel_added':
    case 'order.parcel_corrected':
    case 'order.tracking_corrected':
    case 'order.reservation_extended':
    case 'order.details_changed':
    case 'order.payment_unmatched': {
      const { state, ...rest } = data;
      const order = subjects.orders.get(subjectId);
      if (order === undefined || state === undefined) return rest;
      return { ...rest, order: orderFor(shopId, orderInState(order, state as OrderState)) };
    }
    case 'product.published':
    case 'product.sale_started':
    case 'product.sale_ended':
    case 'draw.opened':
    case 'draw.closed':
    case 'draw.settled':
    case 'draw.cancelled':
      return data;
    case 'stock.adjusted':
    case 'stock.low':
    case 'stock.depleted':
    case 'stock.returned':
      return presentStock(event);
    default:
      return type satisfies never;
  }
}

/** Presents an order to a shop, with only the shop's own metadata. */
function orderFor(shopId: string, order: OrderRecord) {
  return { ...viewOrder(order), ...(order.shopId === shopId && pick(order, 'metadata')) };
}

/** Presents the checkout, as it was at the event, to the shop whose storefront made it. */
function presentCheckout({ type, subjectId, at }: DomainEvent, { checkouts }: EventSubjects): Data {
  const current = checkouts.get(subjectId);
  if (current === undefined) return {};
  // The checkout may have changed since the event: only facts that were true at the event are
  // shown.
  const { failure: _, rejection, pickedUpAt, waitingSince, settledAt: __, ...record } = current;
  const lines = record.lines.map(
    ({ variantId, productId, shopId, sku, title, quantity, unitPrice, discount }) => ({
      ...{ variantId, productId, shopId, sku, title, quantity, unitPrice },
      ...(discount !== undefined && { discount }),
    }),
  );
  const checkout = viewCheckout({
    ...record,
    status: STATUS[type] ?? record.status,
    ...(type === 'checkout.waiting' ? { waitingSince: at } : { settledAt: at }),
    ...(waitingSince !== undefined && waitingSince <= at && { waitingSince }),
    ...(pickedUpAt !== undefined && pickedUpAt <= at && { pickedUpAt }),
    ...(type === 'checkout.rejected' && rejection && { rejection }),
    ...(type === 'checkout.failed' && { failure: '' }),
  });
  return { checkout: { ...checkout, lines, ...pick(record, 'shippingAddress', 'metadata') } };
}

const STATUS: Partial<Record<DomainEvent['type'], CheckoutRecord['status']>> = {
  'checkout.waiting': 'waiting',
  'checkout.placed': 'placed',
  'checkout.rejected': 'rejected',
  'checkout.failed': 'failed',
};

/** Presents the outcome of a checkout to the shop whose storefront made it. */
function presentOutcome({ type, data }: DomainEvent): Data {
  // Only operators see why a checkout failed.
  return type === 'checkout.failed' ? {} : omitWasWaiting(data);
}

/** Presents the outcome of a checkout to one of its sellers. */
function presentSellersPart(
  { type, subjectId, data, shopIds }: DomainEvent,
  shopId: string,
  { orders }: EventSubjects,
): Data {
  if (type === 'checkout.waiting') return shopIds.length === 1 ? data : {};
  if (type === 'checkout.rejected') {
    return shopIds.length === 1 ? omitWasWaiting(data) : { code: data['code'] };
  }
  if (type !== 'checkout.placed') return {};
  const orderId = toOrderId(subjectId, shopId);
  const order = orders.get(orderId);
  return { orders: [orderId], ...(order && { order: orderFor(shopId, orderAsPlaced(order)) }) };
}

/**
 * Removes `wasWaiting`, an internal mark of checkouts that waited for units before this outcome.
 */
function omitWasWaiting({ wasWaiting: _, ...data }: Data): Data {
  return data;
}

function presentStock({ data, subjectId: variantId, seq: version }: DomainEvent): Data {
  const { level, ...rest } = data;
  if (level === undefined) return rest;
  const counters = level as Omit<StockLevel, 'variantId' | 'productId' | 'shopId' | 'version'>;
  const known = { variantId, productId: String(rest['productId']), shopId: '', version };
  return { ...rest, level: viewLevel({ ...known, ...counters }) };
}
