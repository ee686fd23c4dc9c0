import { afterEach, beforeAll, expect, test } from 'vitest';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { firstArrivals } from '../../shared/testing/webhook-receiver.ts';
import { deliverToEndpoint } from './deliver-endpoint.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { ENDPOINT_REQUESTS_MAX } from './delivery-context.ts';
import { SUBJECT_EVENTS_MAX } from './endpoint-run.ts';
import { deliveriesIn } from './testing/deliveries-in.ts';
import { givenDeliveryContext, givenReceiver, QUICK_TIMES } from './testing/given-deliverer.ts';
import { givenEndpoint } from './testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 25_000 };
const LONG = { ...QUICK_TIMES, sendTimeoutMs: 60_000, runMsMax: 60_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const { findEndpoint, givenSubjects, pending } = deliveriesIn(() => store);

/** Runs one delivery job. */
function run(context: DeliveryContext, { _id }: WebhookRecord) {
  const never = new AbortController().signal;
  return deliverToEndpoint(context, _id, { ending: never, cutting: never });
}

/** Changes and restarts the webhook, as `PATCH /v1/webhooks/{id}` does. */
async function restart({ _id }: WebhookRecord, changes: Partial<WebhookRecord>): Promise<void> {
  const now = new Date();
  await store.webhooks.updateOne(
    { _id },
    {
      $set: { ...changes, isEnabled: true, failures: 0, dueAt: now, restartedAt: now },
      $unset: { failingSince: '', pausedUntil: '' },
    },
  );
}

test('a run whose time is up leaves the remaining deliveries to the next job', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 60, 1);
  const times = { ...QUICK_TIMES, runMsMax: 50 };
  const result = await run(givenDeliveryContext(store, { times }), endpoint);
  expect(result.state).toBe('waiting');
  expect(result.delivered + (await pending())).toBe(60);
  expect((await findEndpoint(endpoint))?.dueAt).toBeInstanceOf(Date);
});

test('an endpoint without pending deliveries is idle and no longer due', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 3, 2);
  const result = await run(givenDeliveryContext(store), endpoint);
  expect(result).toMatchObject({ state: 'idle', delivered: 6, failed: 0 });
  expect(await findEndpoint(endpoint)).not.toHaveProperty('dueAt');
});

test('a delivery that becomes due at the end of a run keeps the endpoint due', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  const context = givenDeliveryContext(store);
  const { webhookDeliveries } = store;
  // The new delivery is stored at the end of the run, and the run's last search for pending
  // deliveries does not find it yet.
  const racing = Object.create(webhookDeliveries, {
    countDocuments: {
      value: async (...args: Parameters<typeof webhookDeliveries.countDocuments>) => {
        await givenSubjects(endpoint.shopId, 1, 1);
        return webhookDeliveries.countDocuments(...args);
      },
    },
    findOne: {
      value: async (...args: Parameters<typeof webhookDeliveries.findOne>) =>
        args[1]?.sort && 'nextAttemptAt' in args[1].sort
          ? null
          : webhookDeliveries.findOne(...args),
    },
  });
  await run({ ...context, store: { ...store, webhookDeliveries: racing } }, endpoint);
  const { dueAt } = (await findEndpoint(endpoint)) ?? {};
  expect(Number(dueAt)).toBeLessThanOrEqual(Date.now());
});

test.each(['before', 'after'])(
  'a redelivery that is requested %s a run searches for requests does not wait for a pause',
  async (order) => {
    const receiver = await givenReceiver();
    receiver.mode = 503;
    receiver.retryAfter = '120';
    const endpoint = await givenEndpoint(store, { url: receiver.url });
    await givenSubjects(endpoint.shopId, 1, 1);
    const times = { ...LONG, connectTimeoutMs: 60_000 };
    const context = givenDeliveryContext(store, { times });
    const { webhookDeliveries } = store;
    const { _id } = endpoint;
    // As `POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver` does.
    const request = async () => {
      const now = new Date();
      await webhookDeliveries.updateOne({ webhookId: _id }, { $set: { redeliverAt: now } });
      const due = { $min: { dueAt: now }, $unset: { pausedUntil: '' as const } };
      await store.webhooks.updateOne({ _id }, due);
    };
    const racing = Object.create(webhookDeliveries, {
      countDocuments: {
        value: async (...args: Parameters<typeof webhookDeliveries.countDocuments>) => {
          if (order === 'before') await request();
          const count = await webhookDeliveries.countDocuments(...args);
          if (order === 'after') await request();
          return count;
        },
      },
    });
    await run({ ...context, store: { ...store, webhookDeliveries: racing } }, endpoint);
    expect(receiver.received).toHaveLength(1);
    expect(await findEndpoint(endpoint)).not.toHaveProperty('pausedUntil');
    await run(context, endpoint);
    expect(receiver.received).toHaveLength(2);
  },
);

test('a redelivery that is requested while the attempt of an earlier request is in flight is made', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  const context = givenDeliveryContext(store, { times: LONG });
  await run(context, endpoint);
  const { webhookDeliveries } = store;
  const request = (redeliverAt: Date) =>
    webhookDeliveries.updateOne({ webhookId: endpoint._id }, { $set: { redeliverAt } });
  await request(new Date(Date.now() - 1_000));
  let isRequestedAgain = false;
  // The receiver has answered, and the attempt is not recorded yet.
  const racing = Object.create(webhookDeliveries, {
    updateOne: {
      value: async (...args: Parameters<typeof webhookDeliveries.updateOne>) => {
        if (!isRequestedAgain) await request(new Date());
        isRequestedAgain = true;
        return webhookDeliveries.updateOne(...args);
      },
    },
  });
  await run({ ...context, store: { ...store, webhookDeliveries: racing } }, endpoint);
  expect(receiver.received).toHaveLength(3);
  const delivery = await webhookDeliveries.findOne({ webhookId: endpoint._id });
  expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 3 });
  expect(delivery?.attempts.map(({ isManual }) => isManual)).toEqual([false, true, true]);
  expect(delivery).not.toHaveProperty('redeliverAt');
});

test('a later event that is delivered on request does not bring forward an earlier event that failed', async () => {
  const receiver = await givenReceiver();
  receiver.mode = ({ data }) => (data.seq === 2 ? 500 : 204);
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 3);
  const times = { ...LONG, retryDelaysMs: [3_600_000] };
  const context = givenDeliveryContext(store, { times });
  await run(context, endpoint);
  const failed = await store.webhookDeliveries.findOne({ webhookId: endpoint._id, seq: 2 });
  await store.webhookDeliveries.updateOne(
    { webhookId: endpoint._id, seq: 3 },
    { $set: { redeliverAt: new Date() } },
  );
  expect(await run(context, endpoint)).toMatchObject({ delivered: 1, failed: 0 });
  expect(receiver.received.map(({ data }) => data.seq)).toEqual([2, 3]);
  expect(await store.webhookDeliveries.findOne({ webhookId: endpoint._id, seq: 2 })).toEqual(
    failed,
  );
});

test('paused, disabled and deleted endpoints receive nothing', async () => {
  const receiver = await givenReceiver();
  const pausedUntil = new Date(Date.now() + 60_000);
  const paused = await givenEndpoint(store, { url: receiver.url, pausedUntil });
  const disabled = await givenEndpoint(store, { url: receiver.url, isEnabled: false });
  const context = givenDeliveryContext(store);
  const nextAt = pausedUntil.toISOString();
  expect(await run(context, paused)).toMatchObject({ state: 'paused', nextAt });
  expect(await run(context, disabled)).toMatchObject({ state: 'disabled' });
  expect(await run(context, { ...paused, _id: 'whk_none' })).toMatchObject({ state: 'missing' });
  expect(receiver.received).toEqual([]);
});

test('a new address applies to the attempts that start after the change', async () => {
  const [oldReceiver, newReceiver] = [await givenReceiver(), await givenReceiver()];
  oldReceiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: oldReceiver.url });
  await givenSubjects(endpoint.shopId, 60, 1);
  // No attempt times out, so none is repeated.
  const context = givenDeliveryContext(store, { times: { ...LONG, connectTimeoutMs: 60_000 } });
  const running = run(context, endpoint);
  await expect.poll(() => oldReceiver.received.length, WAIT).toBeGreaterThan(0);
  await restart(endpoint, { url: newReceiver.url });
  const { state, nextAt = '' } = await running;
  expect(state).toBe('waiting');
  expect(Date.parse(nextAt)).toBeLessThanOrEqual(Date.now());
  await run(context, endpoint);
  expect(newReceiver.received.length).toBeGreaterThan(0);
  expect(oldReceiver.received.length).toBeLessThanOrEqual(ENDPOINT_REQUESTS_MAX);
  expect(oldReceiver.received.length + newReceiver.received.length).toBe(60);
});

test('a delivery that was in flight at a restart, and failed, is tried at the new address at once', async () => {
  const [oldReceiver, newReceiver] = [await givenReceiver(), await givenReceiver()];
  oldReceiver.mode = 'silent';
  const endpoint = await givenEndpoint(store, { url: oldReceiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  const times = { ...LONG, connectTimeoutMs: 60_000, retryDelaysMs: [3_600_000] };
  const context = givenDeliveryContext(store, { times });
  const running = run(context, endpoint);
  await expect.poll(() => oldReceiver.received.length, WAIT).toBe(1);
  await restart(endpoint, { url: newReceiver.url });
  // The attempt fails only now.
  await oldReceiver.shut();
  expect(await running).toMatchObject({ state: 'waiting', failed: 1 });
  expect(await run(context, endpoint)).toMatchObject({ state: 'idle', delivered: 1 });
  expect(newReceiver.received).toHaveLength(1);
});

test('a webhook that is disabled receives nothing more', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 60, 1);
  const running = run(givenDeliveryContext(store), endpoint);
  await expect.poll(() => receiver.received.length, WAIT).toBeGreaterThan(0);
  await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { isEnabled: false } });
  await running;
  expect(receiver.received.length).toBeLessThanOrEqual(ENDPOINT_REQUESTS_MAX);
});

test('an endpoint is disabled only together with its audit entry', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 410;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  const context = givenDeliveryContext(store, { times: LONG });
  const audit = Object.create(store.audit, {
    insertMany: { value: () => Promise.reject(new Error('no audit')) },
  });
  await expect(run({ ...context, store: { ...store, audit } }, endpoint)).rejects.toThrow(
    'no audit',
  );
  expect(await findEndpoint(endpoint)).toMatchObject({ isEnabled: true });
  expect(await run(context, endpoint)).toMatchObject({ state: 'disabled' });
  expect(await store.audit.countDocuments({ target: endpoint._id })).toBe(1);
});

test('failures from before a restart do not count against the restarted endpoint', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 20, 1);
  const health = { ...QUICK_TIMES.health, pauseMsMin: 60_000, pauseMsMax: 60_000 };
  const times = { ...QUICK_TIMES, health, sendTimeoutMs: 3_000 };
  receiver.mode = 'silent';
  const running = run(givenDeliveryContext(store, { times }), endpoint);
  await expect.poll(() => receiver.received.length, WAIT).toBe(ENDPOINT_REQUESTS_MAX);
  await restart(endpoint, {});
  receiver.mode = 204;
  await running;
  const after = await findEndpoint(endpoint);
  expect(after?.failures).toBe(0);
  expect(after?.pausedUntil).toBeUndefined();
});

test('a subject with a long backlog does not delay other subjects, and stays in order', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [hot] = await givenSubjects(endpoint.shopId, 1, 200);
  const others = new Set(await givenSubjects(endpoint.shopId, 10, 1));
  await run(givenDeliveryContext(store, { times: LONG }), endpoint);
  expect(await pending()).toBe(0);
  const { received } = receiver;
  const lastOther = received.findLastIndex(({ data }) => others.has(data.subjectId));
  expect(lastOther).toBeLessThan(100);
  const seqs = received.filter(({ data }) => data.subjectId === hot).map(({ data }) => data.seq);
  expect(seqs).toEqual(Array.from({ length: 200 }, (_, index) => index + 2));
});

test('subjects with long backlogs make room for another subject, even if they use all requests', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const backlog = 4 * SUBJECT_EVENTS_MAX;
  await givenSubjects(endpoint.shopId, ENDPOINT_REQUESTS_MAX, backlog);
  const [other] = await givenSubjects(endpoint.shopId, 1, 1);
  await run(givenDeliveryContext(store, { times: LONG }), endpoint);
  const index = receiver.received.findIndex(({ data }) => data.subjectId === other);
  expect(index).toBeGreaterThan(0);
  expect(index).toBeLessThan(ENDPOINT_REQUESTS_MAX * backlog);
  for (const requests of firstArrivals(receiver.received).values()) {
    const seqs = requests.map(({ data }) => data.seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 2));
  }
});

test('one request that waits for its answer does not delay other deliveries', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [stuck] = await givenSubjects(endpoint.shopId, 1, 1);
  await givenSubjects(endpoint.shopId, 250, 1);
  receiver.mode = ({ data }) => (data.subjectId === stuck ? 'silent' : 204);
  const running = run(givenDeliveryContext(store, { times: LONG }), endpoint);
  await expect.poll(() => pending(), WAIT).toBe(1);
  await givenSubjects(endpoint.shopId, 5, 1);
  await expect.poll(() => receiver.received.length, WAIT).toBe(256);
  await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { isEnabled: false } });
  await receiver.shut();
  await running;
});

test('a name is cached for many deliveries, and resolved again after a delivery has failed', async () => {
  const receiver = await givenReceiver();
  const { port } = new URL(receiver.url);
  const endpoint = await givenEndpoint(store, { url: `http://hooks.example.com:${port}/` });
  await givenSubjects(endpoint.shopId, 100, 1);
  let lookups = 0;
  const resolver = async () => {
    lookups += 1;
    return ['127.0.0.1'];
  };
  const context = givenDeliveryContext(store, { resolver, times: LONG });
  await run(context, endpoint);
  expect(receiver.received).toHaveLength(100);
  // A name is cached for three seconds, so a slow machine resolves it a few times.
  expect(lookups).toBeLessThan(10);
  lookups = 0;
  receiver.mode = () => (receiver.received.length === 100 ? 500 : 204);
  await givenSubjects(endpoint.shopId, 1, 1);
  await expect
    .poll(async () => {
      await run(context, endpoint);
      return pending();
    }, WAIT)
    .toBe(0);
  expect(lookups).toBeGreaterThanOrEqual(1);
});
