/** The types of events that are written to the outbox and relayed: `<subject>.<event>`. */
export const EVENT_TYPES = [
  'checkout.waiting',
  'checkout.placed',
  'checkout.rejected',
  'checkout.failed',
  'order.confirmed',
  'order.cancelled',
  'order.expired',
  'order.shipped',
  'order.delivered',
  'order.lines_cancelled',
  'order.returned',
  'order.lost',
  'order.parcel_added',
  'order.parcel_corrected',
  'order.payment_unmatched',
  'order.tracking_corrected',
  'order.reservation_extended',
  'order.details_changed',
  'product.published',
  'product.sale_started',
  'product.sale_ended',
  'draw.opened',
  'draw.closed',
  'draw.settled',
  'draw.cancelled',
  'stock.adjusted',
  'stock.low',
  'stock.depleted',
  'stock.returned',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/**
 * The patterns that a webhook can subscribe to: all events, all events of one kind of subject, or a
 * single type.
 */
export const EVENT_PATTERNS = [
  '*',
  'checkout.*',
  'order.*',
  'product.*',
  'draw.*',
  'stock.*',
  ...EVENT_TYPES,
] as const;

export type EventPattern = (typeof EVENT_PATTERNS)[number];

/** One event. `seq` orders the events of its subject; it may skip numbers. */
export interface DomainEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  readonly subjectId: string;
  readonly seq: number;
  /** The shops whose products the event concerns. */
  readonly shopIds: readonly string[];
  /** The shop whose storefront made the checkout; absent if it is the only shop in `shopIds`. */
  readonly storefrontId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Returns whether a checkout leaves the queue with this event. A checkout that waited left it
 * earlier, with `checkout.waiting`.
 */
export function leavesQueue({ type, data }: Pick<DomainEvent, 'type' | 'data'>): boolean {
  return type.startsWith('checkout.') && data['wasWaiting'] !== true;
}

/** Returns the shops that may see an event: the sellers and the storefront's shop. */
export function eventAudience({ shopIds, storefrontId }: Audience): string[] {
  return [...new Set(storefrontId === undefined ? shopIds : [...shopIds, storefrontId])];
}

/** Returns `{ storefrontId }` for an event, or `{}` if that shop is the only one in `shopIds`. */
export function storefrontField(storefrontId: string, shopIds: readonly string[]) {
  return shopIds.length === 1 && shopIds[0] === storefrontId ? {} : { storefrontId };
}

type Audience = Pick<DomainEvent, 'shopIds' | 'storefrontId'>;

/** The type of the event that tests a webhook on request. It is not written to the outbox. */
export const TEST_EVENT_TYPE = 'webhook.test' as const;

/** An event in JSON. */
export type WireEvent = Omit<DomainEvent, 'at'> & { readonly at: string };
