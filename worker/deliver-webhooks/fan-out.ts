import type { DomainEvent } from '../../shared/contract/events.ts';
import { isWanted } from '../../shared/domain/webhooks/event-patterns.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { insertEach } from '../../shared/store/insert-each.ts';
import type { Store } from '../../shared/store/store.ts';
import { deliveryIdOf } from '../../shared/webhooks/delivery-id.ts';
import { eventForShop } from '../../shared/webhooks/event-for-shop.ts';

export const FAN_OUT_EVERY_MS = 250;
const PAGE_MAX = 50;
const PAGES_MAX = 40;
/**
 * Entries are read by their time, which is that of the process that wrote them. A full page is
 * read on by as much as clocks may differ, so that of two events of one subject the earlier is in
 * it with the later.
 */
const CLOCKS_APART_MS_MAX = 1_000;
const APART_ENTRIES_MAX = 200;
const INSERT_MAX = 500;

type Head = Pick<OutboxRecord, '_id' | 'at' | 'shopIds'>;
type Endpoint = Pick<WebhookRecord, '_id' | 'shopId' | 'events'>;

interface FanOutContext {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Puts on record which events are to be delivered to which webhooks. Several may do it at once, and
 * again after a crash: a delivery's id is made of its event's and its webhook's.
 * @returns how many deliveries it put on record
 */
export async function fanOut(context: FanOutContext, signal?: AbortSignal): Promise<number> {
  let made = 0;
  for (let page = 0; page < PAGES_MAX && signal?.aborted !== true; page += 1) {
    const heads = await readHeads(context.store);
    if (heads.length === 0) break;
    made += await fanOutHeads(context, heads);
    await markFannedOut(context.store, heads);
    if (heads.length < PAGE_MAX) break;
  }
  return made;
}

async function readHeads(store: Store): Promise<Head[]> {
  const read = (at: object, limit: number) =>
    store.outbox.collection
      .find<Head>({ isFannedOut: false, ...at }, { projection: { at: 1, shopIds: 1 } })
      .sort({ at: 1 })
      .limit(limit)
      .toArray();
  const heads = await read({}, PAGE_MAX);
  const last = heads.at(-1);
  if (last === undefined || heads.length < PAGE_MAX) return heads;
  const until = new Date(last.at.getTime() + CLOCKS_APART_MS_MAX);
  const more = await read({ at: { $gte: last.at, $lte: until } }, APART_ENTRIES_MAX);
  return [...new Map([...heads, ...more].map((head) => [head._id, head])).values()];
}

/**
 * The webhooks are read after the entries: one that was there before an event happened is found.
 * The deliveries are on record before the entries are marked.
 */
async function fanOutHeads({ store, clock }: FanOutContext, heads: readonly Head[]) {
  const shopIds = [...new Set(heads.flatMap((head) => head.shopIds))];
  const endpoints = await store.webhooks.collection
    .find<Endpoint>(
      { shopId: { $in: shopIds }, isEnabled: true },
      { projection: { shopId: 1, events: 1 } },
    )
    .toArray();
  if (endpoints.length === 0) return 0;
  const listening = new Set(endpoints.map((endpoint) => endpoint.shopId));
  const wanted = heads.filter((head) => head.shopIds.some((shopId) => listening.has(shopId)));
  const entries = await store.outbox.collection
    .find<OutboxRecord>({ _id: { $in: wanted.map((head) => head._id) } as never })
    .toArray();
  const now = clock.now();
  const deliveries = entries
    .flatMap((entry) => entry.events)
    .flatMap((event) => deliveriesOf(event, endpoints, now))
    .sort(bySubjectAndSeq);
  await storeDeliveries(store, deliveries);
  await wakeEndpoints(store, deliveries, now);
  return deliveries.length;
}

function deliveriesOf(
  event: DomainEvent,
  endpoints: readonly Endpoint[],
  now: Date,
): DeliveryRecord[] {
  return endpoints
    .filter(({ shopId, events }) => event.shopIds.includes(shopId) && isWanted(events, event.type))
    .map(({ _id: webhookId, shopId }) => {
      const payload = eventForShop(event, shopId);
      return {
        _id: deliveryIdOf(event.id, webhookId),
        webhookId,
        shopId,
        eventId: payload.id,
        type: event.type,
        subjectId: event.subjectId,
        seq: event.seq,
        payload: JSON.stringify(payload),
        status: 'pending',
        failures: 0,
        attempts: [],
        attemptCount: 0,
        nextAttemptAt: now,
        createdAt: now,
      };
    });
}

/** What is stored first is an earlier event: a crash then leaves no later one without it. */
function bySubjectAndSeq(one: DeliveryRecord, other: DeliveryRecord): number {
  if (one.subjectId !== other.subjectId) return one.subjectId < other.subjectId ? -1 : 1;
  if (one.seq !== other.seq) return one.seq - other.seq;
  return one._id < other._id ? -1 : 1;
}

async function storeDeliveries(store: Store, deliveries: readonly DeliveryRecord[]): Promise<void> {
  for (let from = 0; from < deliveries.length; from += INSERT_MAX) {
    const results = await insertEach(
      store.webhookDeliveries,
      deliveries.slice(from, from + INSERT_MAX),
    );
    for (const result of results) if ('error' in result) throw result.error;
  }
}

async function wakeEndpoints(
  store: Store,
  deliveries: readonly DeliveryRecord[],
  now: Date,
): Promise<void> {
  const ids = [...new Set(deliveries.map((delivery) => delivery.webhookId))];
  if (ids.length === 0) return;
  await store.webhooks.collection.updateMany({ _id: { $in: ids } as never }, {
    $min: { dueAt: now },
    $inc: { wakeups: 1 },
  } as never);
}

async function markFannedOut(store: Store, heads: readonly Head[]): Promise<void> {
  await store.outbox.collection.updateMany(
    { _id: { $in: heads.map((head) => head._id) } as never },
    { $set: { isFannedOut: true } },
    { writeConcern: { w: 1, j: false } },
  );
}
