/** The events of another shop, in the order of time. */
export type FeedEvent = OrderEvent | StockEvent | CancelEvent;

/** Units of one SKU. */
export interface FeedLine {
  readonly sku: string;
  readonly quantity: number;
}

interface Event {
  /** In ms; times without a zone count as UTC. */
  readonly at: number;
  /** The line of the feed on which the event begins. */
  readonly line: number;
}

/** An order that the shop accepted or refused as a whole. */
export interface OrderEvent extends Event {
  readonly kind: 'order';
  readonly orderId: string;
  readonly isAccepted: boolean;
  /** Each SKU once. */
  readonly lines: readonly FeedLine[];
}

/** `count`: this many units are for sale now. `delivery`: units arrived, or were lost if negative. */
export interface StockEvent extends Event, FeedLine {
  readonly kind: 'count' | 'delivery';
}

/** Units of an accepted order that came back. */
export interface CancelEvent extends Event, FeedLine {
  readonly kind: 'cancel';
  readonly orderId: string;
}

/** One line of a feed, before lines of the same order are joined. */
export interface FeedRecord extends Event, FeedLine {
  readonly result: Result;
  readonly orderId: string | undefined;
}

/** The results that a line may have. */
export const RESULTS = ['accepted', 'refused', 'cancelled', 'stock', 'delivery'] as const;

export type Result = (typeof RESULTS)[number];

/** A fault of a line, for `BrokenRows`. */
export interface FeedFault {
  readonly line: number;
  readonly fault: string;
}

/**
 * Joins lines of the same order into one event at the time of its first line, and sorts the events
 * by time. Events of the same time keep their order.
 */
export function toEvents(
  records: Iterable<FeedRecord>,
  onFault: (fault: FeedFault) => void,
): FeedEvent[] {
  const events: FeedEvent[] = [];
  const orders = new Map<string, OrderEvent & { readonly lines: FeedLine[] }>();
  for (const record of records) {
    const { result, at, line, sku, quantity, orderId } = record;
    const common = { at, line, sku, quantity };
    if (result === 'stock') events.push({ kind: 'count', ...common });
    else if (result === 'delivery') events.push({ kind: 'delivery', ...common });
    else if (result === 'cancelled')
      events.push({ kind: 'cancel', orderId: orderId ?? '', ...common });
    else {
      const isAccepted = result === 'accepted';
      const joined = orderId === undefined ? undefined : orders.get(orderId);
      if (joined === undefined) {
        const lines = [{ sku, quantity }];
        const id = orderId ?? `line ${line}`;
        const order = { kind: 'order', at, line, orderId: id, isAccepted, lines } as const;
        events.push(order);
        if (orderId !== undefined) orders.set(orderId, order);
      } else if (joined.isAccepted === isAccepted) {
        addLine(joined.lines, { sku, quantity });
      } else {
        onFault({ line, fault: `order ${orderId} is both accepted and refused` });
      }
    }
  }
  return events.sort((first, second) => first.at - second.at);
}

function addLine(lines: FeedLine[], { sku, quantity }: FeedLine): void {
  const index = lines.findIndex((line) => line.sku === sku);
  const existing = lines[index];
  if (existing === undefined) lines.push({ sku, quantity });
  else lines[index] = { sku, quantity: existing.quantity + quantity };
}
