import { afterEach, beforeAll, expect, test } from 'vitest';
import { LANES_MAX, LANES_MIN } from '../../shared/domain/webhooks/lane-limit.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { firstArrivals } from '../../shared/testing/webhook-receiver.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { fanOut } from './fan-out.ts';
import { WORKER_LANES_MAX } from './play-lanes.ts';
import { SUBJECT_EVENTS_MAX } from './play-subject.ts';
import { takeTurn } from './take-turn.ts';
import {
  givenDeliverer,
  givenDeliveryContext,
  givenReceiver,
  QUICK_TIMES,
} from './testing/given-deliverer.ts';
import { givenEndpoint, givenEvents } from './testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 25_000 };
/** Nothing is given up, and no turn ends, while a test looks. */
const PATIENT = { ...QUICK_TIMES, sendTimeoutMs: 60_000, leaseMs: 60_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const pending = () => store.webhookDeliveries.countDocuments({ status: 'pending' });

/** Puts so many events of each of so many new subjects on record. */
async function givenSubjects(
  { shopId }: WebhookRecord,
  subjects: number,
  events = 1,
): Promise<string[]> {
  const ids = Array.from({ length: subjects }, () => newId('var'));
  for (let seq = 1; seq <= events; seq += 1) {
    await givenEvents(
      store,
      [shopId],
      ids.map((subjectId) => ({ subjectId, seq })),
    );
  }
  await fanOut({ store, clock: systemClock });
  return ids;
}

/** One turn of a worker that has so many lanes elsewhere. */
async function turnWith(context: DeliveryContext, { _id }: WebhookRecord, count: number) {
  const leasedUntil = new Date(Date.now() + 60_000);
  await store.webhooks.updateOne({ _id }, { leasedBy: 'this worker', leasedUntil });
  const leased = await store.webhooks.findById(_id).lean<WebhookRecord>();
  if (leased === null) throw new Error('it is gone');
  const never = new AbortController().signal;
  await takeTurn(context, leased, { ending: never, cutting: never, lanes: { count } });
}

test('a subject with a long backlog does not hold up the others, and stays in order', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [hot] = await givenSubjects(endpoint, 1, 200);
  const others = new Set(await givenSubjects(endpoint, 10));
  givenDeliverer(givenDeliveryContext(store));
  await expect.poll(pending, WAIT).toBe(0);
  const { received } = receiver;
  const lastOther = received.findLastIndex(({ data }) => others.has(data.subjectId));
  expect(lastOther).toBeLessThan(100);
  const seqs = received.filter(({ data }) => data.subjectId === hot).map(({ data }) => data.seq);
  expect(seqs).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
});

test('where all lanes have long backlogs, each steps back for the others that wait', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint, LANES_MIN, 4 * SUBJECT_EVENTS_MAX);
  const [other] = await givenSubjects(endpoint, 1);
  // A worker that has no more lanes to give.
  await turnWith(givenDeliveryContext(store), endpoint, WORKER_LANES_MAX);
  const place = receiver.received.findIndex(({ data }) => data.subjectId === other);
  expect(place).toBeGreaterThan(0);
  expect(place).toBeLessThanOrEqual(2 * LANES_MIN * SUBJECT_EVENTS_MAX);
  const all = [...firstArrivals(receiver.received).values()];
  expect(all).toHaveLength(LANES_MIN + 1);
  for (const requests of all) {
    const seqs = requests.map(({ data }) => data.seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  }
});

test('a lane that waits for an answer holds up no other, nor what happens meanwhile', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  const [stuck] = await givenSubjects(endpoint, 1);
  await givenSubjects(endpoint, 250);
  receiver.mode = ({ data }) => (data.subjectId === stuck ? 'silent' : 204);
  const times = { ...PATIENT, turnMsMax: 60_000 };
  givenDeliverer(givenDeliveryContext(store, { times }));
  await expect.poll(pending, WAIT).toBe(1);
  await givenSubjects(endpoint, 5);
  await expect.poll(() => receiver.received.length, WAIT).toBe(256);
  await receiver.shut();
});

/** Requests without an answer, after 150 that were answered well. */
async function underWayAfterGoodAnswers(workerLanes: number): Promise<number> {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenSubjects(endpoint, 300);
  receiver.mode = () => (receiver.received.length < 150 ? 'slow' : 'silent');
  const times = { ...PATIENT, turnMsMax: 60_000 };
  const turn = turnWith(givenDeliveryContext(store, { times }), endpoint, workerLanes);
  const answered = () => store.webhookDeliveries.countDocuments({ status: 'delivered' });
  await expect.poll(answered, WAIT).toBe(150);
  await expect.poll(() => receiver.received.length, WAIT).toBeGreaterThanOrEqual(150 + LANES_MIN);
  const underWay = receiver.received.length - 150;
  await store.webhooks.updateOne({ _id: endpoint._id }, { isEnabled: false });
  await receiver.shut();
  await turn;
  return underWay;
}

test('while answers are good, an endpoint gets more lanes', async () => {
  const underWay = await underWayAfterGoodAnswers(0);
  expect(underWay).toBeGreaterThan(2 * LANES_MIN);
  expect(underWay).toBeLessThanOrEqual(LANES_MAX);
});

test('but not from a worker that has as many as it may have', async () => {
  expect(await underWayAfterGoodAnswers(WORKER_LANES_MAX)).toBe(LANES_MIN);
});

test('its name is asked for once for many deliveries, and again after one has failed', async () => {
  const receiver = await givenReceiver();
  const { port } = new URL(receiver.url);
  const endpoint = await givenEndpoint(store, { url: `http://hooks.example.com:${port}/` });
  await givenSubjects(endpoint, 100);
  let asked = 0;
  const resolver = async () => {
    asked += 1;
    return ['127.0.0.1'];
  };
  const context = givenDeliveryContext(store, { resolver });
  await turnWith(context, endpoint, 0);
  expect(receiver.received).toHaveLength(100);
  // Once in three seconds, and a turn is not much longer on the slowest machine.
  expect(asked).toBeLessThan(10);
  asked = 0;
  receiver.mode = () => (receiver.received.length === 100 ? 500 : 204);
  await givenSubjects(endpoint, 1, 1);
  await turnWith(context, endpoint, 0);
  await turnWith(context, endpoint, 0);
  expect(asked).toBeGreaterThanOrEqual(1);
});
