import { randomUUID } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type DomainEvent, eventAudience } from '../../shared/contract/events.ts';
import { isWanted } from '../../shared/domain/webhooks/event-patterns.ts';
import type { WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NOT_FANNED_OUT } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { insertEach } from '../../shared/store/insert-each.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { eventForShop } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import {
  readSubjects,
  SUBJECTS_MAX,
  type WantedEvent,
} from '../../shared/webhooks/read-subjects.ts';
import { type OutboxOutline, readOutboxPage } from '../relay-events/outbox-page.ts';

export const FAN_OUT_EVERY_MS = 250;
/** Another worker continues this long after the one that fans out has died. */
const LEASE_MS = 3_000;
/** Outbox entries of one page, and pages of one run. */
const PAGE_MAX = 50;
const PAGES_MAX = 40;
/** Deliveries that are stored together; fewer if their payloads have this many characters. */
const CHUNK_MAX = 500;
const CHUNK_CHARACTERS_MAX = 4_000_000;
const SUBJECTS_TIMEOUT_MS = 5_000;

interface FanOutContext {
  readonly store: Store;
  readonly clock: Clock;
  /** Starts the deliveries at once. Without it, or without Redis, the sweep starts them. */
  readonly queue?: WebhookQueue;
}

type Endpoint = Pick<WebhookRecord, '_id' | 'shopId' | 'events'>;
/** Finds the shop's webhooks that want the event. */
type FindEndpoints = (event: DomainEvent, shopId: string) => readonly Endpoint[];

/**
 * Stores a delivery for each event and each webhook that wants it. A lease lets one worker at a
 * time do this; it only saves work, because a delivery's id is made of the ids of its event and
 * webhook.
 * @returns the number of deliveries
 */
export async function fanOut(context: FanOutContext, signal?: AbortSignal): Promise<number> {
  const { store } = context;
  if ((await store.outbox.findOne(NOT_FANNED_OUT, { projection: { _id: 1 } })) === null) return 0;
  const leases = workLeases(store);
  const claim = { id: 'fan-out', owner: randomUUID(), leaseMs: LEASE_MS };
  if (!(await claimLease(leases, claim))) return 0;
  const keepsLease = async () => signal?.aborted !== true && (await renewLease(leases, claim));
  let made = 0;
  try {
    for (let page = 0; page < PAGES_MAX && (await keepsLease()); page += 1) {
      const { outlines, isFull } = await readOutboxPage(store, NOT_FANNED_OUT, PAGE_MAX);
      made += await fanOutPage(context, outlines, keepsLease);
      if (!isFull) break;
    }
  } finally {
    await releaseLease(leases, claim.id, claim.owner);
  }
  return made;
}

/**
 * Reads the webhooks after the entries, so that every webhook that existed before an event is
 * found, and marks the entries after their deliveries are stored. A page that is cut short is not
 * marked.
 */
async function fanOutPage(
  { store, clock, queue }: FanOutContext,
  page: readonly OutboxOutline[],
  keepsLease: () => Promise<boolean>,
): Promise<number> {
  const shopIds = [...new Set(page.flatMap((entry) => entry.shopIds))];
  const enabled = { shopId: { $in: shopIds }, isEnabled: true };
  const projection = { shopId: 1, events: 1 };
  const found = await store.webhooks.find<Endpoint>(enabled, { projection }).toArray();
  const endpoints = Map.groupBy(found, ({ shopId }) => shopId);
  const findEndpoints: FindEndpoints = ({ type }, shopId) =>
    endpoints.get(shopId)?.filter(({ events }) => isWanted(events, type)) ?? [];
  const wanted = page.filter((entry) => entry.shopIds.some((shopId) => endpoints.has(shopId)));
  const now = clock.now();
  let made = 0;
  for await (const chunk of makeDeliveries(store, wanted, findEndpoints, now)) {
    for (const result of await insertEach(store.webhookDeliveries, chunk)) {
      if ('error' in result) throw result.error;
    }
    const webhookIds = [...new Set(chunk.map(({ webhookId }) => webhookId))];
    await store.webhooks.updateMany({ _id: { $in: webhookIds } }, { $min: { dueAt: now } });
    await queue?.enqueue(webhookIds).catch(() => undefined);
    made += chunk.length;
    // The same process settles checkouts.
    await yieldToOthers();
    if (!(await keepsLease())) return made;
  }
  await store.outbox.updateMany(
    { _id: { $in: page.map(({ _id }) => _id) } },
    { $set: { isFannedOut: true } },
    { writeConcern: { w: 1, j: false } },
  );
  return made;
}

/** Makes the deliveries of entries in chunks, each subject's in the order of its events. */
async function* makeDeliveries(
  store: Store,
  entries: readonly OutboxOutline[],
  findEndpoints: FindEndpoints,
  now: Date,
): AsyncGenerator<DeliveryRecord[]> {
  let chunk: DeliveryRecord[] = [];
  let characters = 0;
  for await (const wanted of wantedEvents(store, entries, findEndpoints)) {
    const subjects = await readSubjects(store, wanted, SUBJECTS_TIMEOUT_MS);
    for (const { event, shopIds } of wanted) {
      const { type, subjectId, seq } = event;
      for (const shopId of shopIds) {
        const body = eventForShop(event, shopId, subjects);
        const delivery = { shopId, eventId: body.id, type, subjectId, seq };
        const payload = JSON.stringify(body);
        for (const { _id: webhookId } of findEndpoints(event, shopId)) {
          const pending = newDelivery({ webhookId, ...delivery, payload }, now);
          chunk.push({ ...pending, nextAttemptAt: now });
          characters += payload.length;
          if (chunk.length < CHUNK_MAX && characters < CHUNK_CHARACTERS_MAX) continue;
          yield chunk;
          chunk = [];
          characters = 0;
        }
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Reads the wanted events of entries, one entry at a time, and groups them for `readSubjects`. */
async function* wantedEvents(
  store: Store,
  entries: readonly OutboxOutline[],
  findEndpoints: FindEndpoints,
): AsyncGenerator<WantedEvent[]> {
  let group: WantedEvent[] = [];
  for (const { _id } of entries) {
    const entry = await store.outbox.findOne({ _id });
    for (const event of entry?.events.toSorted((one, other) => one.seq - other.seq) ?? []) {
      const isListening = (shopId: string) => findEndpoints(event, shopId).length > 0;
      const shopIds = eventAudience(event).filter(isListening);
      if (shopIds.length > 0) group.push({ event, shopIds });
      if (group.length < SUBJECTS_MAX) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
