import { afterEach, beforeAll, expect, test } from 'vitest';
import { HEALTH_RULES } from '../../shared/domain/webhooks/endpoint-health.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { firstArrivals } from '../../shared/testing/webhook-receiver.ts';
import { toDeliveryId } from '../../shared/webhooks/new-delivery.ts';
import { ENDPOINT_REQUESTS_MAX } from './delivery-context.ts';
import { deliveriesIn } from './testing/deliveries-in.ts';
import {
  givenDeliverer,
  givenDeliveryContext,
  givenReceiver,
  QUICK_TIMES,
} from './testing/given-deliverer.ts';
import { givenEndpoint, givenEvents } from './testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 15_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const { findDelivery, findEndpoint, fan, givenSubjects, pending } = deliveriesIn(() => store);

test('an event that is always refused delays only its own subject, until it is given up', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [poison, ...others] = await givenSubjects(endpoint.shopId, 3, 3);
  receiver.mode = ({ data }) => (data.subjectId === poison && data.seq === 2 ? 500 : 204);
  givenDeliverer(givenDeliveryContext(store), namespace);
  await expect.poll(() => pending({ subjectId: { $in: others } }), WAIT).toBe(0);
  expect(await pending({ subjectId: poison })).toBeGreaterThanOrEqual(2);
  await expect.poll(() => pending(), WAIT).toBe(0);
  const refused = await findDelivery({ subjectId: poison, seq: 2 });
  expect(refused).toMatchObject({ status: 'failed', failures: 10, attemptCount: 10 });
  const ofPoison = receiver.received.filter(({ data }) => data.subjectId === poison);
  expect(ofPoison.map(({ data }) => data.seq)).toEqual([...Array(10).fill(2), 3, 4]);
  expect(new Set(ofPoison.slice(0, 10).map((request) => request.id)).size).toBe(1);
}, 20_000);

test('a failing endpoint is paused and then tried with one request', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 40, 1);
  const health = { ...QUICK_TIMES.health, pauseMsMin: 60_000, pauseMsMax: 60_000 };
  const times = { ...QUICK_TIMES, health };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  await expect.poll(async () => (await findEndpoint(endpoint))?.pausedUntil, WAIT).toBeDefined();
  // Attempts that were in flight when the pause was decided do not count as `failures`.
  const before = receiver.received.length;
  expect(before).toBeGreaterThanOrEqual(5);
  expect(before).toBeLessThan(5 + ENDPOINT_REQUESTS_MAX);
  expect(await findEndpoint(endpoint)).toMatchObject({ failures: 5, isEnabled: true });
  await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { pausedUntil: new Date() } });
  await expect.poll(() => receiver.received.length, WAIT).toBe(before + 1);
  await expect.poll(async () => (await findEndpoint(endpoint))?.failures, WAIT).toBe(6);
  receiver.mode = 204;
  await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { pausedUntil: new Date() } });
  await expect.poll(() => pending(), WAIT).toBe(0);
  await expect.poll(async () => (await findEndpoint(endpoint))?.failures, WAIT).toBe(0);
  expect((await findEndpoint(endpoint))?.failingSince).toBeUndefined();
});

test('concurrent failures cause one pause of the shortest length, and each failed try doubles it', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 40, 1);
  const times = { ...QUICK_TIMES, health: { ...HEALTH_RULES, pauseMsMin: 60_000 } };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  const pausedForMs = async () => {
    const pausedUntil = async () => (await findEndpoint(endpoint))?.pausedUntil;
    await expect.poll(async () => Number(await pausedUntil()), WAIT).toBeGreaterThan(Date.now());
    return Number(await pausedUntil()) - Date.now();
  };
  for (const pauseMs of [60_000, 120_000, 240_000]) {
    const leftMs = await pausedForMs();
    expect(leftMs).toBeLessThanOrEqual(pauseMs);
    expect(leftMs).toBeGreaterThan(pauseMs / 2);
    await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { pausedUntil: new Date() } });
  }
});

test('Retry-After pauses the whole endpoint', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 40, 1);
  receiver.retryAfter = '120';
  for (const status of [429, 503]) {
    receiver.mode = status;
    const before = receiver.received.length;
    const deliverer = givenDeliverer(givenDeliveryContext(store), namespace);
    const pausedUntil = async () => Number((await findEndpoint(endpoint))?.pausedUntil ?? 0);
    await expect.poll(pausedUntil, WAIT).toBeGreaterThan(Date.now() + 60_000);
    expect(await pausedUntil()).toBeLessThanOrEqual(Date.now() + 120_000);
    await deliverer.stop();
    expect(receiver.received.length - before).toBeLessThanOrEqual(ENDPOINT_REQUESTS_MAX);
    // The endpoint does not count as failing: afterwards it gets several requests at a time.
    expect((await findEndpoint(endpoint))?.failures).toBeLessThan(5);
    await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { pausedUntil: new Date() } });
  }
});

test('a success that was in flight does not end the pause of Retry-After', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 40, 1);
  receiver.retryAfter = '120';
  receiver.mode = () => (receiver.received.length === 0 ? 429 : 'slow');
  givenDeliverer(givenDeliveryContext(store), namespace);
  const pausedUntil = async () => Number((await findEndpoint(endpoint))?.pausedUntil ?? 0);
  await expect.poll(pausedUntil, WAIT).toBeGreaterThan(Date.now() + 60_000);
  expect(await pending()).toBeGreaterThanOrEqual(40 - ENDPOINT_REQUESTS_MAX);
});

test('when a failing endpoint recovers, all pending deliveries are tried at once', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 10, 1);
  // If all deliveries fail in one wave, the endpoint is tried again after the shortest pause.
  const health = { ...QUICK_TIMES.health, recoveredAfterMs: QUICK_TIMES.health.pauseMsMin };
  const times = { ...QUICK_TIMES, health, retryDelaysMs: [3_600_000] };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  await expect.poll(() => pending({ failures: 1 }), WAIT).toBe(10);
  receiver.mode = 204;
  await givenSubjects(endpoint.shopId, 1, 1);
  await expect.poll(() => pending(), WAIT).toBe(0);
  expect(await store.webhookDeliveries.countDocuments({ status: 'delivered' })).toBe(11);
});

test.each([
  ['gone', 410, {}],
  ['failing', 500, { failures: 30, failingSince: new Date(Date.now() - 6 * 86_400_000) }],
] as const)(
  'an endpoint that is %s is disabled, and the audit log shows it',
  async (reason, status, changes) => {
    const receiver = await givenReceiver();
    receiver.mode = status;
    const endpoint = await givenEndpoint(store, { url: receiver.url, ...changes });
    await givenSubjects(endpoint.shopId, 1, 2);
    givenDeliverer(givenDeliveryContext(store), namespace);
    await expect.poll(async () => (await findEndpoint(endpoint))?.isEnabled, WAIT).toBe(false);
    expect(await findEndpoint(endpoint)).toMatchObject({ disabledReason: reason });
    expect(receiver.received).toHaveLength(1);
    const entries = await store.audit.find({ target: endpoint._id }).toArray();
    expect(entries).toMatchObject([
      { action: 'webhook.disabled', shopId: endpoint.shopId, detail: { reason } },
    ]);
    // Later events are not sent to the endpoint.
    await givenEvents(store, [endpoint.shopId], [{}]);
    expect(await fan()).toBe(0);
  },
);

test('events that were pending when an endpoint answered 410 are sent in order when it is enabled again', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 410;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const subjects = await givenSubjects(endpoint.shopId, 12, 2);
  givenDeliverer(givenDeliveryContext(store), namespace);
  await expect.poll(async () => (await findEndpoint(endpoint))?.isEnabled, WAIT).toBe(false);
  expect(await pending({ failures: 0 })).toBe(24);
  const before = receiver.received.length;
  receiver.mode = 204;
  await store.webhooks.updateOne(
    { _id: endpoint._id },
    {
      $set: { isEnabled: true, failures: 0, restartedAt: new Date(), dueAt: new Date() },
    },
  );
  await expect.poll(() => pending(), WAIT).toBe(0);
  const arrivals = firstArrivals(receiver.received.slice(before));
  expect([...arrivals.keys()].sort()).toEqual([...subjects].sort());
  for (const requests of arrivals.values()) {
    expect(requests.map((request) => request.data.seq)).toEqual([2, 3]);
  }
});

test('a requested attempt is made at once and does not change the schedule', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [subjectId] = await givenSubjects(endpoint.shopId, 1, 1);
  const times = { ...QUICK_TIMES, retryDelaysMs: [3_600_000] };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  const requestAttempt = async () => {
    await store.webhookDeliveries.updateOne(
      { subjectId: subjectId ?? '' },
      { $set: { redeliverAt: new Date() } },
    );
    await store.webhooks.updateOne({ _id: endpoint._id }, { $min: { dueAt: new Date() } });
  };
  const attempts = async () => (await findDelivery({ subjectId }))?.attemptCount;
  await expect.poll(attempts, WAIT).toBe(1);
  const before = await findDelivery({ subjectId });
  await requestAttempt();
  await expect.poll(attempts, WAIT).toBe(2);
  const after = await findDelivery({ subjectId });
  expect(after).toMatchObject({ status: 'pending', failures: 1 });
  expect(after?.nextAttemptAt).toEqual(before?.nextAttemptAt);
  expect(after?.attempts.map(({ isManual }) => isManual)).toEqual([false, true]);
  receiver.mode = 204;
  await requestAttempt();
  await expect
    .poll(async () => (await findDelivery({ subjectId }))?.status, WAIT)
    .toBe('delivered');
  // The event is sent again although it was delivered.
  await requestAttempt();
  await expect.poll(attempts, WAIT).toBe(4);
  expect(new Set(receiver.received.map((request) => request.id)).size).toBe(1);
  const last = await findDelivery({ subjectId });
  expect(last?.redeliverAt).toBeUndefined();
  expect(last?.status).toBe('delivered');
});

test('when an event is delivered on request, the later events of its subject are sent', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [subjectId] = await givenSubjects(endpoint.shopId, 1, 2);
  const times = { ...QUICK_TIMES, retryDelaysMs: [3_600_000] };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  const waitsForFirst = async () => {
    const [first, second] = [
      await findDelivery({ subjectId, seq: 2 }),
      await findDelivery({ subjectId, seq: 3 }),
    ];
    return first?.failures === 1 && Number(second?.nextAttemptAt) === Number(first.nextAttemptAt);
  };
  await expect.poll(waitsForFirst, WAIT).toBe(true);
  receiver.mode = 204;
  await store.webhookDeliveries.updateOne(
    { subjectId: subjectId ?? '', seq: 2 },
    { $set: { redeliverAt: new Date() } },
  );
  await store.webhooks.updateOne({ _id: endpoint._id }, { $min: { dueAt: new Date() } });
  await expect.poll(() => pending(), WAIT).toBe(0);
  expect(receiver.received.map(({ data }) => data.seq)).toEqual([2, 2, 3]);
});

test('a test event is tried once and does not wait for earlier failures', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url, events: ['stock.low'] });
  const requestTest = async () => {
    const eventId = `${newId('evt')}-0`;
    const _id = toDeliveryId(eventId, endpoint._id);
    const { shopId, _id: webhookId } = endpoint;
    const subject = { webhookId, shopId, subjectId: webhookId, seq: 1 };
    const log = { failures: 0, attempts: [], attemptCount: 0, redeliverAt: new Date() };
    const payload = JSON.stringify({ id: eventId, data: subject });
    const kind = { type: 'webhook.test', status: 'pending' } as const;
    const fields = { ...kind, payload, createdAt: new Date() };
    await store.webhookDeliveries.insertOne({ _id, eventId, ...subject, ...log, ...fields });
    await store.webhooks.updateOne({ _id: webhookId }, { $min: { dueAt: new Date() } });
    return _id;
  };
  givenDeliverer(givenDeliveryContext(store, { times: QUICK_TIMES }), namespace);
  const refused = await requestTest();
  const statusOf = async (_id: string) => (await findDelivery({ _id }))?.status;
  await expect.poll(() => statusOf(refused), WAIT).toBe('failed');
  expect(await findDelivery({ _id: refused })).toMatchObject({ attemptCount: 1 });
  receiver.mode = 204;
  const accepted = await requestTest();
  await expect.poll(() => statusOf(accepted), WAIT).toBe('delivered');
  expect(receiver.received).toHaveLength(2);
});
