import { randomUUID } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type DomainEvent, eventAudience } from '../../shared/contract/events.ts';
import { isWanted } from '../../shared/domain/webhooks/event-patterns.ts';
import type { WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { requestIndexing } from '../../shared/search/request-indexing.ts';
import { NOT_FANNED_OUT } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { insertEach } from '../../shared/store/insert-each.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import { eventForShop } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { readSubjects } from '../../shared/webhooks/read-subjects.ts';
import { type OutboxOutline, readOutboxPage } from '../relay-events/outbox-page.ts';
import { FanOutTraces } from './trace-fan-out.ts';

const FAN_OUT_EVERY_MS = 250;
/** If the worker that fans out dies, another worker continues after this time. */
const LEASE_MS = 3_000;
/** The most outbox entries of one page. */
const PAGE_MAX = 50;
/** The most pages of one run. */
const PAGES_MAX = 40;
/** The most deliveries that are stored together. */
const CHUNK_MAX = 500;
/** A chunk ends earlier if its payloads have this many characters. */
const CHUNK_CHARACTERS_MAX = 4_000_000;
const SUBJECTS_TIMEOUT_MS = 5_000;

/** The dependencies of the fan-out. */
interface FanOutContext {
  readonly store: Store;
  readonly clock: Clock;
  /** Starts the deliveries at once. Without the queue or Redis, the sweep starts them. */
  readonly queue?: WebhookQueue;
  /** Absent unless traces are configured. */
  readonly tracing?: Tracing | undefined;
}

type Endpoint = Pick<WebhookRecord, '_id' | 'shopId' | 'events'>;
/** Finds the shop's enabled webhooks that want the event. */
type FindEndpoints = (event: DomainEvent, shopId: string) => readonly Endpoint[];

/** Fans out committed events, in one worker at a time. */
export function startFanOut({
  onError,
  ...context
}: FanOutContext & { readonly onError: (error: unknown) => void }): Periodic {
  const run = (signal: AbortSignal) => fanOut(context, signal);
  return startPeriodic({ everyMs: FAN_OUT_EVERY_MS, onError, run });
}

/**
 * Stores a delivery for each event and each webhook that wants it, and requests that the orders and
 * checkouts of the events are indexed for search. A lease lets one worker at a time do this. The
 * lease only saves work, because a delivery's id is derived from the ids of its event and webhook.
 * @returns the number of deliveries, including deliveries that an earlier run had stored already
 */
export async function fanOut(context: FanOutContext, signal?: AbortSignal): Promise<number> {
  const { store } = context;
  if ((await store.outbox.findOne(NOT_FANNED_OUT, { projection: { _id: 1 } })) === null) return 0;
  const leases = workLeases(store);
  const claim = { id: 'fan-out', owner: randomUUID(), leaseMs: LEASE_MS };
  if (!(await claimLease(leases, claim))) return 0;
  const holdsLease = async () => signal?.aborted !== true && (await renewLease(leases, claim));
  let storedCount = 0;
  try {
    for (let page = 0; page < PAGES_MAX && (await holdsLease()); page += 1) {
      const { outlines, isFull } = await readOutboxPage(store, NOT_FANNED_OUT, PAGE_MAX);
      storedCount += await fanOutPage(context, outlines, holdsLease);
      if (!isFull) break;
    }
  } finally {
    await releaseLease(leases, claim.id, claim.owner);
  }
  return storedCount;
}

/**
 * Stores the deliveries of a page, and then marks its entries. Reads the webhooks after the
 * entries, so that every webhook that existed before an event is found. A page that is cut short is
 * not marked.
 */
async function fanOutPage(
  { store, clock, queue, tracing }: FanOutContext,
  page: readonly OutboxOutline[],
  holdsLease: () => Promise<boolean>,
): Promise<number> {
  const shopIds = [...new Set(page.flatMap((entry) => entry.shopIds))];
  const enabled = { shopId: { $in: shopIds }, isEnabled: true };
  const projection = { shopId: 1, events: 1 };
  const webhooks = await store.webhooks.find<Endpoint>(enabled, { projection }).toArray();
  const endpoints = Map.groupBy(webhooks, ({ shopId }) => shopId);
  const findEndpoints: FindEndpoints = ({ type }, shopId) =>
    endpoints.get(shopId)?.filter(({ events }) => isWanted(events, type)) ?? [];
  const wanted = page.filter((entry) => entry.shopIds.some((shopId) => endpoints.has(shopId)));
  const now = clock.now();
  let storedCount = 0;
  const traces = tracing && new FanOutTraces(tracing);
  for await (const chunk of createDeliveries({ store, now, traces }, wanted, findEndpoints)) {
    for (const result of await insertEach(store.webhookDeliveries, chunk)) {
      if ('error' in result) throw result.error;
    }
    const webhookIds = [...new Set(chunk.map(({ webhookId }) => webhookId))];
    await store.webhooks.updateMany({ _id: { $in: webhookIds } }, { $min: { dueAt: now } });
    await queue?.enqueue(webhookIds).catch(() => undefined);
    traces?.end();
    storedCount += chunk.length;
    // The same process settles checkouts, so the event loop must run in between.
    await yieldToOthers();
    if (!(await holdsLease())) return storedCount;
  }
  await requestIndexingOf(store, page);
  await store.outbox.updateMany(
    { _id: { $in: page.map(({ _id }) => _id) } },
    { $set: { isFannedOut: true } },
    { writeConcern: { w: 1, j: false } },
  );
  return storedCount;
}

/**
 * Requests that the subjects of a page are indexed. The request is stored before the entries are
 * marked, and the mark is not more durable, so the subjects of every marked entry are indexed.
 */
async function requestIndexingOf(store: Store, page: readonly OutboxOutline[]): Promise<void> {
  const at = new Date(Math.min(Date.now(), ...page.map((entry) => entry.at.getTime())));
  const subjectIds = page.flatMap(({ events }) => events.map(({ subjectId }) => subjectId));
  await requestIndexing(store, { subjectIds, at });
}

interface DeliveryNeeds {
  readonly store: Store;
  readonly now: Date;
  readonly traces: FanOutTraces | undefined;
}

/**
 * Yields the deliveries of entries in chunks. The deliveries of a subject are in the order of its
 * events. Only the subjects of one entry are in memory at a time. An entry has the subjects of one
 * transaction, whose size the ledger bounds.
 */
async function* createDeliveries(
  { store, now, traces }: DeliveryNeeds,
  entries: readonly OutboxOutline[],
  findEndpoints: FindEndpoints,
): AsyncGenerator<DeliveryRecord[]> {
  let chunk: DeliveryRecord[] = [];
  let characters = 0;
  for (const { _id } of entries) {
    const entry = await store.outbox.findOne({ _id });
    const events = entry?.events.toSorted((first, second) => first.seq - second.seq) ?? [];
    const wanted = events.map((event) => ({
      event,
      shopIds: eventAudience(event).filter((shopId) => findEndpoints(event, shopId).length > 0),
    }));
    const subjects = await readSubjects(store, wanted, SUBJECTS_TIMEOUT_MS);
    for (const { event, shopIds } of wanted) {
      if (shopIds.length === 0) continue;
      const traceparent = entry === null ? undefined : traces?.start(entry, event);
      for (const shopId of shopIds) {
        const body = eventForShop(event, shopId, subjects);
        const { type, subjectId, seq } = event;
        const payload = JSON.stringify(body);
        for (const { _id: webhookId } of findEndpoints(event, shopId)) {
          const fields = { webhookId, shopId, eventId: body.id, type, subjectId, seq, payload };
          const delivery = { ...newDelivery(fields, now), nextAttemptAt: now };
          chunk.push(traceparent === undefined ? delivery : { ...delivery, traceparent });
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
