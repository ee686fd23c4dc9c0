import type { DomainEvent } from '../contract/events.ts';
import { orderIdOf } from '../runtime/ids.ts';

/** An event as a webhook carries it: the payload that Standard Webhooks recommends. */
export interface WebhookPayload {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * What one shop may know of an event. A checkout can span shops: then each is told of its own order
 * only, and of a refusal no more than its code, since the rest may name another's goods.
 */
export function eventForShop(event: DomainEvent, shopId: string): WebhookPayload {
  const { subjectId, seq } = event;
  return {
    id: webhookIdOf(event.id),
    type: event.type,
    timestamp: event.at.toISOString(),
    data: { subjectId, seq, shopId, ...dataForShop(event, shopId) },
  };
}

/** The event's id without full stops, which the signature scheme uses between its parts. */
export function webhookIdOf(eventId: string): string {
  return eventId.replaceAll('.', '-');
}

function dataForShop(event: DomainEvent, shopId: string): Readonly<Record<string, unknown>> {
  const { type, subjectId, data, shopIds } = event;
  switch (type) {
    case 'checkout.placed':
      return { orders: [orderIdOf(subjectId, shopId)] };
    case 'checkout.rejected':
      return shopIds.length === 1 ? data : { code: data['code'] };
    case 'checkout.failed':
      // The reason is a technical one, for operators.
      return {};
    default:
      return shopIds.length === 1 ? data : {};
  }
}
