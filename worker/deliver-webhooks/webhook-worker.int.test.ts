import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { findKeys, removeKeys, withRedis } from '../../shared/testing/redis-keys.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { firstArrivals, type ReceiverMode } from '../../shared/testing/webhook-receiver.ts';
import { deriveWebhookSecret } from '../../shared/webhooks/webhook-secret.ts';
import { ENDPOINT_REQUESTS_MAX } from './delivery-context.ts';
import { deliveriesIn } from './testing/deliveries-in.ts';
import {
  givenDeliverer,
  givenDeliveryContext,
  givenReceiver,
  QUICK_TIMES,
} from './testing/given-deliverer.ts';
import { givenEndpoint } from './testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 15_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const { findDelivery, givenSubjects, pending } = deliveriesIn(() => store);

/** Removes the Redis keys of this test file, like a restart of a Redis without persistence. */
async function wipe(): Promise<void> {
  await withRedis(namespace.redisUrl, async (redis) =>
    removeKeys(redis, await findKeys(redis, namespace.keyPrefix)),
  );
}

test('a delivery arrives signed, with the event’s id, and is logged', async () => {
  const receiver = await givenReceiver();
  const context = givenDeliveryContext(store);
  const endpoint = await givenEndpoint(store, { url: `${receiver.url}?a=b` });
  const [subjectId] = await givenSubjects(endpoint.shopId, 1, 1);
  givenDeliverer(context, namespace);
  await expect.poll(() => pending(), WAIT).toBe(0);
  const [request] = receiver.received;
  if (request === undefined) throw new Error('nothing arrived');
  const delivery = await findDelivery({ subjectId });
  expect(request.path).toBe('/hooks?a=b');
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Lastunit-Webhooks/1',
    'webhook-id': delivery?.eventId,
    host: new URL(receiver.url).host,
  });
  expect(request.id).toBe(delivery?.eventId);
  expect(request.body).toBe(delivery?.payload);
  receiver.verify(request, deriveWebhookSecret(context.secretsKey, endpoint._id, 0));
  const wrong = deriveWebhookSecret(context.secretsKey, endpoint._id, 1);
  expect(() => receiver.verify(request, wrong)).toThrow('No matching signature');
  const changed = { ...request, body: request.body.replace('confirmed', 'cancelled') };
  const secret = deriveWebhookSecret(context.secretsKey, endpoint._id, 0);
  expect(() => receiver.verify(changed, secret)).toThrow('No matching signature');
  expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 1, failures: 0 });
  expect(delivery?.nextAttemptAt).toBeUndefined();
  expect(delivery?.attempts).toMatchObject([{ status: 204, isManual: false }]);
});

test('finished jobs are counted for the charts of the queue board', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  givenDeliverer(givenDeliveryContext(store), namespace);
  const keys = () => withRedis(namespace.redisUrl, (redis) => findKeys(redis, namespace.keyPrefix));
  const counted = expect.stringMatching(/webhooks:metrics:completed$/);
  await expect.poll(keys, WAIT).toEqual(expect.arrayContaining([counted]));
});

test('after a rotation both secrets verify for a while, then only the new secret', async () => {
  const receiver = await givenReceiver();
  const context = givenDeliveryContext(store);
  const soon = new Date(Date.now() + 60_000);
  const endpoint = await givenEndpoint(store, {
    url: receiver.url,
    generation: 1,
    earlierSecrets: [{ generation: 0, until: soon }],
  });
  givenDeliverer(context, namespace);
  await givenSubjects(endpoint.shopId, 1, 1);
  await expect.poll(() => receiver.received.length, WAIT).toBe(1);
  await store.webhooks.updateOne({ _id: endpoint._id }, { $set: { earlierSecrets: [] } });
  await givenSubjects(endpoint.shopId, 1, 1);
  await expect.poll(() => receiver.received.length, WAIT).toBe(2);
  const verified = receiver.received.map((request) =>
    [0, 1].map((generation) => {
      try {
        receiver.verify(request, deriveWebhookSecret(context.secretsKey, endpoint._id, generation));
        return true;
      } catch {
        return false;
      }
    }),
  );
  expect(verified).toEqual([
    [true, true],
    [false, true],
  ]);
});

test('a receiver that fails in many ways finally has every event, in order per subject', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const modes: ReceiverMode[] = [500, 204, 301, 'redirect', 404, 'reset', 200, 'endless', 429];
  let count = 0;
  receiver.mode = () => {
    count += 1;
    return count > 60 ? 204 : (modes[count % modes.length] ?? 204);
  };
  const subjects = await givenSubjects(endpoint.shopId, 8, 4);
  const { errors } = givenDeliverer(givenDeliveryContext(store), namespace);
  await expect.poll(() => pending(), { timeout: 30_000 }).toBe(0);
  const failed = await store.webhookDeliveries.countDocuments({ status: 'failed' });
  expect([failed, errors]).toEqual([0, []]);
  const accepted = receiver.received.filter((request) => request.isAccepted);
  for (const arrivals of [firstArrivals(receiver.received), firstArrivals(accepted)]) {
    expect([...arrivals.keys()].sort()).toEqual([...subjects].sort());
    for (const requests of arrivals.values()) {
      expect(requests.map((request) => request.data.seq)).toEqual([2, 3, 4, 5]);
    }
  }
  const retried = await store.webhookDeliveries.countDocuments({ failures: { $gt: 0 } });
  expect(retried).toBeGreaterThan(5);
}, 40_000);

test('the times between attempts are at least as long as in the schedule', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 1, 1);
  const health = { ...QUICK_TIMES.health, failuresMax: 100 };
  const times = { ...QUICK_TIMES, retryDelaysMs: [100, 400], health };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  await expect.poll(() => pending(), WAIT).toBe(0);
  const { attempts = [] } = (await findDelivery({})) ?? {};
  const gaps = attempts.slice(1).map(({ at }, index) => at.getTime() - Number(attempts[index]?.at));
  expect(gaps).toHaveLength(2);
  expect(gaps[0]).toBeGreaterThanOrEqual(100);
  expect(gaps[1]).toBeGreaterThanOrEqual(400);
  expect(attempts.map(({ response }) => response)).toEqual(Array(3).fill('this is a 500'));
});

test('an endpoint that never answers does not delay other endpoints', async () => {
  const [silent, fast] = [await givenReceiver(), await givenReceiver()];
  silent.mode = 'silent';
  const hung = await givenEndpoint(store, { url: silent.url });
  const good = await givenEndpoint(store, { url: fast.url });
  await givenSubjects(hung.shopId, 40, 1);
  const times = { ...QUICK_TIMES, sendTimeoutMs: 60_000 };
  givenDeliverer(givenDeliveryContext(store, { times }), namespace);
  await expect.poll(() => silent.received.length, WAIT).toBe(ENDPOINT_REQUESTS_MAX);
  await givenSubjects(good.shopId, 20, 1);
  await expect.poll(() => fast.received.length, WAIT).toBe(20);
  expect(silent.received).toHaveLength(ENDPOINT_REQUESTS_MAX);
  await silent.shut();
});

test('two workers share the endpoints and send no event twice', async () => {
  const receiver = await givenReceiver();
  // Long enough that a busy machine makes neither a worker nor the receiver look dead.
  const times = { ...QUICK_TIMES, lockMs: 20_000, sendTimeoutMs: 10_000 };
  const context = givenDeliveryContext(store, { times });
  const endpoints = await Promise.all(
    Array.from({ length: 6 }, () => givenEndpoint(store, { url: receiver.url })),
  );
  for (const { shopId } of endpoints) await givenSubjects(shopId, 5, 3);
  givenDeliverer(context, namespace);
  givenDeliverer(context, namespace);
  await expect.poll(() => pending(), WAIT).toBe(0);
  expect(receiver.received).toHaveLength(90);
  await expect
    .poll(() => store.webhooks.countDocuments({ dueAt: { $exists: true } }), WAIT)
    .toBe(0);
});

test('a wiped Redis delays deliveries until the next sweep and loses none', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 500;
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 3, 2);
  const deliverer = givenDeliverer(givenDeliveryContext(store), namespace);
  await expect.poll(() => receiver.received.length, WAIT).toBeGreaterThan(3);
  receiver.mode = 204;
  await deliverer.stop();
  await wipe();
  givenDeliverer(givenDeliveryContext(store), namespace);
  await expect.poll(() => pending(), WAIT).toBe(0);
});

test('a stopped worker finishes its requests in flight, and another worker continues', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint.shopId, 24, 1);
  const context = givenDeliveryContext(store);
  const first = givenDeliverer(context, namespace);
  await expect.poll(() => receiver.received.length, WAIT).toBe(ENDPOINT_REQUESTS_MAX);
  await first.stop();
  expect(await pending()).toBe(24 - ENDPOINT_REQUESTS_MAX);
  givenDeliverer(context, namespace);
  await expect.poll(() => pending(), WAIT).toBe(0);
  expect(receiver.received).toHaveLength(24);
});
