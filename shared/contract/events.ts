/** Every kind of thing that is written to the outbox and relayed, as `subject.what`. */
export const EVENT_TYPES = [
  'checkout.placed',
  'checkout.rejected',
  'checkout.failed',
  'order.confirmed',
  'order.cancelled',
  'order.expired',
  'order.shipped',
  'order.delivered',
  'order.payment_unmatched',
  'order.tracking_corrected',
  'stock.adjusted',
  'stock.low',
  'stock.depleted',
  'stock.returned',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What a webhook can ask for: everything, all about one kind of subject, or single types. */
export const EVENT_PATTERNS = ['*', 'checkout.*', 'order.*', 'stock.*', ...EVENT_TYPES] as const;

export type EventPattern = (typeof EVENT_PATTERNS)[number];

/** One event. `seq` orders the events of its subject; it may skip numbers. */
export interface DomainEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  readonly subjectId: string;
  readonly seq: number;
  /** The shops whose products it is about. */
  readonly shopIds: readonly string[];
  /** The shop whose storefront made the checkout; absent if it is the only shop of the event. */
  readonly storefrontId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The shops that may see an event: those that sell and the one whose storefront made it. */
export function eventAudience({ shopIds, storefrontId }: Audience): string[] {
  return [...new Set(storefrontId === undefined ? shopIds : [...shopIds, storefrontId])];
}

/** Names the storefront of an event where that is not clear from its shops. */
export function storefrontField(storefrontId: string, shopIds: readonly string[]) {
  return shopIds.length === 1 && shopIds[0] === storefrontId ? {} : { storefrontId };
}

type Audience = Pick<DomainEvent, 'shopIds' | 'storefrontId'>;

/** What a shop has sent to its webhook to see whether it works. It is not part of the record. */
export const TEST_EVENT_TYPE = 'webhook.test' as const;

/** An event as JSON carries it. */
export type WireEvent = Omit<DomainEvent, 'at'> & { readonly at: string };
