import type { DomainEvent } from '../../../shared/contract/events.ts';
import { isWanted } from '../../../shared/domain/webhooks/event-patterns.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import { deliveryIdOf } from '../../../shared/webhooks/delivery-id.ts';
import { eventForShop } from '../../../shared/webhooks/event-for-shop.ts';

/** What the fan-out needs to know of a webhook. */
export type Endpoint = Pick<WebhookRecord, '_id' | 'shopId' | 'events'>;

/** The webhooks that are switched on, by their shop. */
export type Endpoints = ReadonlyMap<string, readonly Endpoint[]>;

/**
 * What entries are to be delivered as, in portions of at most `portionMax`; each is made when it is
 * asked for. Each subject's events come in their order.
 */
export function* makeDeliveries(
  entries: readonly OutboxRecord[],
  endpoints: Endpoints,
  now: Date,
  portionMax: number,
): Generator<DeliveryRecord[]> {
  let portion: DeliveryRecord[] = [];
  for (const entry of entries) {
    for (const event of entry.events.toSorted(bySeq)) {
      for (const delivery of deliveriesOf(event, endpoints, now)) {
        portion.push(delivery);
        if (portion.length < portionMax) continue;
        yield portion;
        portion = [];
      }
    }
  }
  if (portion.length > 0) yield portion;
}

function bySeq(one: DomainEvent, other: DomainEvent): number {
  return one.seq - other.seq;
}

function* deliveriesOf(
  event: DomainEvent,
  endpoints: Endpoints,
  now: Date,
): Generator<DeliveryRecord> {
  const { type, subjectId, seq } = event;
  for (const shopId of event.shopIds) {
    const wanting = (endpoints.get(shopId) ?? []).filter(({ events }) => isWanted(events, type));
    if (wanting.length === 0) continue;
    const told = eventForShop(event, shopId);
    const payload = JSON.stringify(told);
    for (const { _id: webhookId } of wanting) {
      yield {
        _id: deliveryIdOf(event.id, webhookId),
        webhookId,
        shopId,
        eventId: told.id,
        type,
        subjectId,
        seq,
        payload,
        status: 'pending',
        failures: 0,
        attempts: [],
        attemptCount: 0,
        nextAttemptAt: now,
        createdAt: now,
      };
    }
  }
}
