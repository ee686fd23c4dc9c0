import { setImmediate as othersTurn } from 'node:timers/promises';
import type { WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { insertEach } from '../../shared/store/insert-each.ts';
import type { Store } from '../../shared/store/store.ts';
import { readSubjects, type WantedEvent } from '../../shared/webhooks/read-subjects.ts';
import { type FanOutLease, takeFanOutLease } from './fan-out/fan-out-lease.ts';
import { type Endpoint, type Endpoints, makeDeliveries } from './fan-out/make-deliveries.ts';
import {
  type Head,
  isAnythingWaiting,
  PAGE_MAX,
  readEntries,
  readHeads,
} from './fan-out/read-page.ts';

export const FAN_OUT_EVERY_MS = 250;
const PAGES_MAX = 40;
/** Deliveries that are made and stored in one go; then it is everybody else's turn. */
const PORTION_MAX = 500;
const SUBJECTS_TIMEOUT_MS = 5_000;

interface FanOutContext {
  readonly store: Store;
  readonly clock: Clock;
  /** Starts the delivery at once; without it, or without Redis, the sweep does. */
  readonly queue?: WebhookQueue;
}

/**
 * Puts on record which events are to be delivered to which webhooks. One of several workers does it
 * at a time. Nothing but the work saved depends on that: a delivery's id is made of its event's and
 * its webhook's, so that it is made once however often it is tried.
 * @returns how many deliveries it put on record
 */
export async function fanOut(context: FanOutContext, signal?: AbortSignal): Promise<number> {
  const { store } = context;
  if (!(await isAnythingWaiting(store))) return 0;
  const turn = await takeFanOutLease(store, signal);
  if (turn === undefined) return 0;
  let made = 0;
  try {
    for (let page = 0; page < PAGES_MAX && (await turn.goesOn()); page += 1) {
      const heads = await readHeads(store);
      made += await fanOutPage(context, turn, heads);
      if (heads.length < PAGE_MAX) break;
    }
  } finally {
    await turn.end();
  }
  return made;
}

/**
 * The webhooks are read after the entries: one that was there before an event happened is found.
 * The deliveries are on record before the entries are marked.
 */
async function fanOutPage(
  { store, clock, queue }: FanOutContext,
  turn: FanOutLease,
  heads: readonly Head[],
): Promise<number> {
  const endpoints = await readEndpoints(store, heads);
  const isWanted = ({ shopIds }: Head) => shopIds.some((shopId) => endpoints.has(shopId));
  await markFannedOut(
    store,
    heads.filter((head) => !isWanted(head)),
  );
  let made = 0;
  for await (const entries of readEntries(store, heads.filter(isWanted))) {
    const now = clock.now();
    const woken = new Set<string>();
    const read = (wanted: readonly WantedEvent[]) =>
      readSubjects(store, wanted, SUBJECTS_TIMEOUT_MS);
    for await (const portion of makeDeliveries(entries, endpoints, now, PORTION_MAX, read)) {
      await storeDeliveries(store, portion);
      made += portion.length;
      for (const { webhookId } of portion) woken.add(webhookId);
      await othersTurn();
      if (!(await turn.goesOn())) break;
    }
    await setDue(store, [...woken], now);
    await queue?.enqueue([...woken]).catch(() => undefined);
    // Cut short, they are left for whoever goes on.
    if (turn.isOver) break;
    await markFannedOut(store, entries);
  }
  return made;
}

async function readEndpoints(store: Store, heads: readonly Head[]): Promise<Endpoints> {
  const shopIds = [...new Set(heads.flatMap((head) => head.shopIds))];
  const endpoints = await store.webhooks
    .find<Endpoint>(
      { shopId: { $in: shopIds }, isEnabled: true },
      { projection: { shopId: 1, events: 1 } },
    )
    .toArray();
  return Map.groupBy(endpoints, ({ shopId }) => shopId);
}

async function storeDeliveries(store: Store, deliveries: readonly DeliveryRecord[]): Promise<void> {
  const results = await insertEach(store.webhookDeliveries, deliveries);
  for (const result of results) if ('error' in result) throw result.error;
}

async function setDue(store: Store, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await store.webhooks.updateMany({ _id: { $in: ids } }, { $min: { dueAt: now } });
}

async function markFannedOut(
  store: Store,
  entries: readonly Pick<OutboxRecord, '_id'>[],
): Promise<void> {
  if (entries.length === 0) return;
  await store.outbox.updateMany(
    { _id: { $in: entries.map(({ _id }) => _id) } },
    { $set: { isFannedOut: true } },
    { writeConcern: { w: 1, j: false } },
  );
}
