/** Things that happened, as they are written to the outbox and relayed. */
export type EventType =
  | 'checkout.placed'
  | 'checkout.rejected'
  | 'checkout.failed'
  | 'order.confirmed'
  | 'order.cancelled'
  | 'order.expired'
  | 'order.shipped'
  | 'order.delivered'
  | 'stock.adjusted';

/** One event. `seq` counts the events of its subject from 1, in the order they happened. */
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
