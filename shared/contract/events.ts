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
  /** Shops that may see the event. */
  readonly shopIds: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as JSON carries it. */
export type WireEvent = Omit<DomainEvent, 'at'> & { readonly at: string };
