import { audienceOf, type DomainEvent } from '../../../shared/contract/events.ts';
import { isWanted } from '../../../shared/domain/webhooks/event-patterns.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import { deliveryIdOf } from '../../../shared/webhooks/delivery-id.ts';
import { type EventSubjects, eventForShop } from '../../../shared/webhooks/event-for-shop.ts';
import { SUBJECTS_MAX, type WantedEvent } from '../../../shared/webhooks/read-subjects.ts';

/** What the fan-out needs to know of a webhook. */
export type Endpoint = Pick<WebhookRecord, '_id' | 'shopId' | 'events'>;

/** The webhooks that are switched on, by their shop. */
export type Endpoints = ReadonlyMap<string, readonly Endpoint[]>;

/** A chunk ends when its bodies have so many characters, if it is not full before. */
const CHUNK_CHARACTERS_MAX = 4_000_000;

type Reader = (wanted: readonly WantedEvent[]) => Promise<EventSubjects>;

/**
 * Makes the deliveries of entries, in chunks of at most `chunkMax`; each is made when it is asked
 * for. Each subject's events come in their order.
 * @param read reads what the events are about
 */
export async function* makeDeliveries(
  entries: readonly OutboxRecord[],
  endpoints: Endpoints,
  now: Date,
  chunkMax: number,
  read: Reader,
): AsyncGenerator<DeliveryRecord[]> {
  let chunk: DeliveryRecord[] = [];
  let characters = 0;
  for (const wanted of wantedEvents(entries, endpoints)) {
    const subjects = await read(wanted);
    for (const { event, shopIds } of wanted) {
      for (const shopId of shopIds) {
        for (const delivery of deliveriesOf(event, shopId, { endpoints, subjects, now })) {
          chunk.push(delivery);
          characters += delivery.payload.length;
          if (chunk.length < chunkMax && characters < CHUNK_CHARACTERS_MAX) continue;
          yield chunk;
          chunk = [];
          characters = 0;
        }
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** The events that somebody listens for, with the shops that do; a few at a time. */
function* wantedEvents(
  entries: readonly OutboxRecord[],
  endpoints: Endpoints,
): Generator<WantedEvent[]> {
  let group: WantedEvent[] = [];
  for (const entry of entries) {
    for (const event of entry.events.toSorted(bySeq)) {
      const shopIds = audienceOf(event).filter((shopId) =>
        endpoints.get(shopId)?.some(({ events }) => isWanted(events, event.type)),
      );
      if (shopIds.length > 0) group.push({ event, shopIds });
      if (group.length < SUBJECTS_MAX) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}

function bySeq(one: DomainEvent, other: DomainEvent): number {
  return one.seq - other.seq;
}

interface Making {
  readonly endpoints: Endpoints;
  readonly subjects: EventSubjects;
  readonly now: Date;
}

function* deliveriesOf(
  event: DomainEvent,
  shopId: string,
  { endpoints, subjects, now }: Making,
): Generator<DeliveryRecord> {
  const { type, subjectId, seq } = event;
  const wanting = (endpoints.get(shopId) ?? []).filter(({ events }) => isWanted(events, type));
  const body = eventForShop(event, shopId, subjects);
  const payload = JSON.stringify(body);
  for (const { _id: webhookId } of wanting) {
    yield {
      _id: deliveryIdOf(event.id, webhookId),
      webhookId,
      shopId,
      eventId: body.id,
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
