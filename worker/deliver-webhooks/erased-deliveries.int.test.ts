import { afterEach, beforeAll, expect, test } from 'vitest';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { erasePayloads } from '../../shared/webhooks/erase-payloads.ts';
import { deliverToEndpoint } from './deliver-endpoint.ts';
import { deliveriesIn } from './testing/deliveries-in.ts';
import { givenDeliveryContext, givenReceiver, QUICK_TIMES } from './testing/given-deliverer.ts';
import { givenEndpoint } from './testing/given-events.ts';

const namespace = testNamespace();
const times = { ...QUICK_TIMES, sendTimeoutMs: 60_000, runMsMax: 60_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const { givenSubjects } = deliveriesIn(() => store);

/** Stores subjects with one delivery each, which contains a note. Returns the subjects. */
async function givenPersonal(endpoint: WebhookRecord, subjects: number): Promise<string[]> {
  const subjectIds = await givenSubjects(endpoint.shopId, subjects, 1);
  for (const { _id, payload } of await store.webhookDeliveries.find({}).toArray()) {
    const body = JSON.parse(payload);
    const data = { ...body.data, order: { note: 'ring twice' } };
    const personal = { payload: JSON.stringify({ ...body, data }), isPersonal: true as const };
    await store.webhookDeliveries.updateOne({ _id }, { $set: personal });
  }
  return subjectIds;
}

/** Runs one delivery job, with these collections instead of those of the store. */
function run({ _id }: WebhookRecord, racing: Partial<Store>) {
  const context = givenDeliveryContext(store, { times: { ...times, retryDelaysMs: [3_600_000] } });
  const never = new AbortController().signal;
  const raced = { ...context, store: { ...store, ...racing } };
  return deliverToEndpoint(raced, _id, { ending: never, cutting: never });
}

test.each([false, true])(
  'the response to a delivery is stored unless the delivery was erased during the attempt: %s',
  async (isErased) => {
    const receiver = await givenReceiver();
    receiver.mode = 500;
    const endpoint = await givenEndpoint(store, { url: receiver.url });
    const subjectIds = await givenPersonal(endpoint, 1);
    const { webhookDeliveries } = store;
    // The receiver has answered, and the attempt is not recorded yet.
    const racing = Object.create(webhookDeliveries, {
      updateOne: {
        value: async (...args: Parameters<typeof webhookDeliveries.updateOne>) => {
          if (isErased) await erasePayloads(store, subjectIds);
          return webhookDeliveries.updateOne(...args);
        },
      },
    });
    await run(endpoint, { webhookDeliveries: racing });
    const delivery = await webhookDeliveries.findOne({ webhookId: endpoint._id });
    expect(delivery).toMatchObject({ status: 'pending', failures: 1, attemptCount: 1 });
    const responses = delivery?.attempts.map(({ response }) => response);
    expect(responses).toEqual([isErased ? undefined : 'this is a 500']);
  },
);

test('a requested redelivery that waits is sent without data that are erased meanwhile', async () => {
  const receiver = await givenReceiver();
  // An endpoint that has failed gets one request at a time.
  const failures = times.health.failuresMax;
  const endpoint = await givenEndpoint(store, { url: receiver.url, failures });
  const subjectIds = await givenPersonal(endpoint, 2);
  const { webhookDeliveries, webhooks } = store;
  await webhookDeliveries.updateMany({}, { $set: { redeliverAt: new Date() } });
  // The first delivery has been read by then, and both requests have been found.
  const racing = Object.create(webhooks, {
    findOne: {
      value: async (...args: Parameters<typeof webhooks.findOne>) => {
        await erasePayloads(store, subjectIds);
        return webhooks.findOne(...args);
      },
    },
  });
  await run(endpoint, { webhooks: racing });
  expect(new Set(receiver.received.map(({ data }) => data.subjectId)).size).toBe(2);
  const [first, ...others] = receiver.received.map(({ data }) => data['order']);
  expect(first).toEqual({ note: 'ring twice' });
  expect(others).toEqual(others.map(() => ({})));
});
