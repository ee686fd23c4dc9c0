import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecretsKey } from '../../shared/access/system-secrets.ts';
import type { WireEvent } from '../../shared/contract/events.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { subscribeEvents } from '../../shared/queue/event-bus.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type {
  DeliveryAttempt,
  DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_WAIT_MS, promiseRuns, testSeed } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import {
  firstArrivals,
  type Received,
  type ReceiverMode,
  startReceiver,
  type WebhookReceiver,
} from '../../shared/testing/webhook-receiver.ts';
import { toWebhookEventId } from '../../shared/webhooks/event-for-shop.ts';
import { startChild } from '../rig/child.ts';
import { givenPlacedOrders, moveThrough } from '../rig/seller.ts';
import { givenApiKey, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const KILLS = promiseRuns(20, 2);
const ORDERS_PER_MODE = promiseRuns(20, 2);
const ORDERS_MAX = promiseRuns(2_000, 150);
/** Each kind of misbehaviour, and the attempt that the log contains after it. */
const MODES: readonly (readonly [ReceiverMode, Partial<DeliveryAttempt>])[] = [
  ['slow', { status: 200 }],
  [500, { status: 500, error: 'status' }],
  ['redirect', { status: 301, error: 'status' }],
  ['huge', { status: 200 }],
  ['endless', { status: 500, error: 'status' }],
  ['silent', { error: 'timeout' }],
  [429, { status: 429, error: 'status' }],
];
const WAIT = { timeout: PROMISE_WAIT_MS, interval: 200 };
const WORKER = 'tests/rig/children/quick-webhooks-worker.ts';

const namespace = testNamespace();
let store: Store;
let system: System;
let front: Storefront;
let variant: GivenVariant;
let receiver: WebhookReceiver;
let webhook: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  store = await openTestStore(namespace);
  [variant] = await givenVariants(store, [{ onHand: 1_000_000 }]);
  const env = { SECRETS_KEY: newSecretsKey(), WEBHOOK_ALLOWED_RANGES: '127.0.0.0/8' };
  system = await startSystem(namespace, { workers: 0, env });
  front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
  receiver = await startReceiver();
  const request = { url: receiver.url, events: ['*'] };
  const { status, json } = await front.call('POST', '/v1/webhooks', request);
  expect(status).toBe(201);
  webhook = { id: String(json['id']), secret: String(json['secret']) };
  // A webhook gets no events from before its creation.
  await store.outbox.deleteMany({});
}, 60_000);
afterAll(async () => {
  await receiver.shut();
  await system.stop();
});

/** Returns all events in the database. */
async function readRecordedEvents() {
  const entries = await store.outbox.find<OutboxRecord>().toArray();
  return entries.flatMap((entry) => entry.events);
}

async function expectAllDelivered(): Promise<void> {
  const waiting = async () =>
    (await store.outbox.countDocuments({ isFannedOut: false })) +
    (await store.webhookDeliveries.countDocuments({ status: { $ne: 'delivered' } }));
  await expect.poll(waiting, WAIT).toBe(0);
}

/** Expects that all events arrived with their ids and valid signatures, in order per subject. */
async function expectEverything(received: readonly Received[]): Promise<void> {
  const accepted = received.filter((request) => request.isAccepted);
  const events = await readRecordedEvents();
  const ids = events.map((event) => toWebhookEventId(event.id)).sort();
  expect([...new Set(accepted.map((request) => request.id))].sort()).toEqual(ids);
  const bodies = new Map(received.map(({ id, body }) => [id, body]));
  for (const request of received) {
    receiver.verify(request, webhook.secret);
    expect(request.headers['webhook-id']).toBe(request.id);
    expect(request.body).toBe(bodies.get(request.id));
  }
  for (const arrivals of [firstArrivals(received), firstArrivals(accepted)]) {
    for (const requests of arrivals.values()) {
      const seqs = requests.map((request) => request.data.seq);
      expect(seqs).toEqual([...seqs].sort((first, second) => first - second));
    }
  }
}

/** Counts the deliveries whose log has such an attempt at or after `since`. */
function countDeliveriesWith(since: Date, attempt: Partial<DeliveryAttempt>): Promise<number> {
  const attempts = { $elemMatch: { at: { $gte: since }, ...attempt } };
  return store.webhookDeliveries.countDocuments({ attempts });
}

describe('a receiver that misbehaves', () => {
  test(`gets retries, which are logged, and finally all events: ${MODES.map(([mode]) => mode).join(', ')}, down`, async () => {
    const orders = await givenPlacedOrders(store, variant, ORDERS_PER_MODE * (MODES.length + 1));
    const worker = await startChild(WORKER, system.env);
    try {
      const part = () => orders.splice(0, ORDERS_PER_MODE);
      for (const [mode, logged] of MODES) {
        receiver.mode = mode;
        const since = new Date();
        for (const orderId of part()) await moveThrough(front, orderId);
        // Waits for an attempt that ends in this way before the next behaviour begins.
        await expect.poll(() => countDeliveriesWith(since, logged), WAIT).toBeGreaterThan(0);
      }
      await receiver.shut();
      const since = new Date();
      for (const orderId of part()) await moveThrough(front, orderId);
      const unreachable = { error: 'connection' } as const;
      await expect.poll(() => countDeliveriesWith(since, unreachable), WAIT).toBeGreaterThan(0);
      receiver.mode = 204;
      await receiver.open();
      await expectAllDelivered();
      await expectEverything(receiver.received);
      await expectLogComplete();
      await expectRedelivery();
    } finally {
      await worker.stop();
    }
  }, 300_000);
});

/** Expects that the API's log contains each request that arrived, and how it ended. */
async function expectLogComplete(): Promise<void> {
  const deliveries: { id: string; eventId: string; status: string; attemptCount: number }[] = [];
  let cursor: unknown = null;
  do {
    const from = cursor === null ? '' : `&cursor=${cursor}`;
    const path = `/v1/webhooks/${webhook.id}/deliveries?limit=100${from}`;
    const { json } = await front.call('GET', path);
    deliveries.push(...(json['items'] as typeof deliveries));
    cursor = json['nextCursor'];
  } while (cursor !== null);
  expect(deliveries).toHaveLength((await readRecordedEvents()).length);
  expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set(['delivered']));
  const arrived = new Map<string, number>();
  for (const { id } of receiver.received) arrived.set(id, (arrived.get(id) ?? 0) + 1);
  // Attempts that did not reach the receiver are in the log only.
  for (const { eventId, attemptCount } of deliveries) {
    expect(attemptCount).toBeGreaterThanOrEqual(arrived.get(eventId) ?? 0);
  }
  const errors = await store.webhookDeliveries.distinct('attempts.error');
  expect(errors.sort()).toEqual(['connection', 'status', 'timeout']);
  const statuses = await store.webhookDeliveries.distinct('attempts.status');
  expect(statuses.sort()).toEqual([200, 204, 301, 429, 500]);
}

async function expectRedelivery(): Promise<void> {
  const delivery = await store.webhookDeliveries.findOne<DeliveryRecord>({}, { sort: { _id: -1 } });
  if (delivery === null) throw new Error('nothing was delivered');
  const before = receiver.received.filter(({ id }) => id === delivery.eventId).length;
  const path = `/v1/webhooks/${webhook.id}/deliveries/${delivery._id}/redeliver`;
  expect((await front.call('POST', path)).status).toBe(202);
  const again = () => receiver.received.filter(({ id }) => id === delivery.eventId).length;
  await expect.poll(again, WAIT).toBe(before + 1);
  const logged = () => store.webhookDeliveries.findOne<DeliveryRecord>({ _id: delivery._id });
  await expect.poll(async () => (await logged())?.attempts.at(-1)?.isManual, WAIT).toBe(true);
}

describe('the relay is killed', () => {
  test(`${KILLS} times under load: every event arrives by webhook and stream, in order per subject`, async () => {
    await store.outbox.deleteMany({});
    await store.webhookDeliveries.deleteMany({});
    receiver.received.length = 0;
    receiver.mode = 204;
    const streamed: WireEvent[] = [];
    const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
    const subscription = subscribeEvents(redis, namespace.keyPrefix, (events) =>
      streamed.push(...events),
    );
    const known = new Set(await store.orders.distinct('_id'));
    const orders = await givenPlacedOrders(store, variant, ORDERS_MAX);
    const newOrders = orders.filter((id) => !known.has(id));
    console.info(`TEST_SEED=${testSeed}`);
    let isOver = false;
    const load = moveWhile(newOrders, () => !isOver);
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const worker = await startChild(WORKER, system.env);
        await pause(killAfterMs(kill));
        await worker.kill('SIGKILL');
      }
      isOver = true;
      const moved = await load;
      const last = await startChild(WORKER, system.env);
      await expectAllDelivered();
      const unrelayed = () => store.outbox.countDocuments({ isRelayed: false });
      await expect.poll(unrelayed, WAIT).toBe(0);
      await last.stop();
      await expectEverything(receiver.received);
      const events = await readRecordedEvents();
      expect(new Set(streamed.map((event) => event.id))).toEqual(
        new Set(events.map(({ id }) => id)),
      );
      expectInOrder(streamed);
      await expectVerdictOk(store);
      const repeats = receiver.received.length - events.length;
      console.info(`${moved} orders moved, ${events.length} events, ${repeats} sent again`);
    } finally {
      isOver = true;
      subscription.close();
      await load.catch(() => undefined);
    }
  }, 600_000);
});

/** Returns a different delay for each kill, so that kills hit the worker’s start and its work. */
function killAfterMs(kill: number): number {
  return ((testSeed + kill * 7_919) % 40) * 40;
}

/** Moves orders one after the other while `isGoing` returns true, and returns how many. */
async function moveWhile(orders: readonly string[], isGoing: () => boolean): Promise<number> {
  let moved = 0;
  for (const orderId of orders) {
    if (!isGoing()) break;
    await moveThrough(front, orderId);
    moved += 1;
  }
  return moved;
}

/** Expects the events of each subject in order, each counted at its first arrival. */
function expectInOrder(streamed: readonly WireEvent[]): void {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const { id, subjectId, seq } of streamed) {
    if (seen.has(id)) continue;
    seen.add(id);
    expect(seq).toBeGreaterThanOrEqual(last.get(subjectId) ?? 0);
    last.set(subjectId, seq);
  }
}
