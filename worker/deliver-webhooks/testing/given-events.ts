import type { DomainEvent, EventType } from '../../../shared/contract/events.ts';
import { toOutboxEntry } from '../../../shared/ledger/commit.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import type { Store } from '../../../shared/store/store.ts';

type EventSpec = Partial<Pick<DomainEvent, 'subjectId' | 'seq' | 'shopIds' | 'data'>> & {
  readonly type?: EventType;
};

let slot = 0;

/** Stores a webhook for all events, of a new shop by default. */
export async function givenEndpoint(
  store: Store,
  changes: Partial<WebhookRecord> = {},
): Promise<WebhookRecord> {
  slot += 1;
  const now = new Date();
  const webhook: WebhookRecord = {
    _id: newId('whk'),
    shopId: newId('shp'),
    slot,
    url: 'https://hooks.example.com/',
    events: ['*'],
    isEnabled: true,
    generation: 0,
    createdAt: now,
    updatedAt: now,
    failures: 0,
    ...changes,
  };
  await store.webhooks.insertOne(webhook);
  return webhook;
}

/** Stores an outbox entry with these events, as one transaction does. */
export async function givenEvents(
  store: Store,
  shopIds: readonly string[],
  specs: readonly EventSpec[],
  at = new Date(),
): Promise<OutboxRecord> {
  const drafts = specs.map((spec) => ({
    type: 'order.confirmed' as const,
    subjectId: newId('ord'),
    seq: 2,
    shopIds,
    data: {},
    ...spec,
  }));
  const entry = toOutboxEntry(drafts, at);
  await store.outbox.insertOne(entry);
  return entry;
}
