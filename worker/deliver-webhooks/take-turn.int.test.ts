import { afterEach, beforeAll, expect, test } from 'vitest';
import { LANES_MIN } from '../../shared/domain/webhooks/lane-limit.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { fanOut } from './fan-out.ts';
import { takeTurn } from './take-turn.ts';
import { givenDeliveryContext, givenReceiver, QUICK_TIMES } from './testing/given-deliverer.ts';
import { givenEndpoint, givenEvents } from './testing/given-events.ts';

const namespace = testNamespace();
const WAIT = { timeout: 15_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const endpointOf = async ({ _id }: WebhookRecord) =>
  store.webhooks.findById(_id).lean<WebhookRecord>();

/** Puts so many events on record for it, each of a subject of its own. */
async function givenBacklog({ shopId }: WebhookRecord, events: number): Promise<void> {
  const specs = Array.from({ length: events }, () => ({}));
  await givenEvents(store, [shopId], specs);
  await fanOut({ store, clock: systemClock });
}

/** One turn as the deliverer makes it. */
async function turnWith(context: DeliveryContext, { _id }: WebhookRecord): Promise<void> {
  const lease = { leasedBy: 'this worker', leasedUntil: new Date(Date.now() + 60_000) };
  await store.webhooks.updateOne({ _id }, lease);
  const leased = await store.webhooks.findById(_id).lean<WebhookRecord>();
  if (leased === null) throw new Error('it is gone');
  const never = new AbortController().signal;
  await takeTurn(context, leased, { ending: never, cutting: never, lanes: { count: 0 } });
}

test('given back with a backlog, it is due from then on, behind all that waited meanwhile', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenBacklog(endpoint, 20);
  const times = { ...QUICK_TIMES, turnMsMax: 50 };
  const began = new Date();
  await turnWith(givenDeliveryContext(store, { times }), endpoint);
  expect(receiver.received.length).toBeLessThan(20);
  const { dueAt, leasedBy } = (await endpointOf(endpoint)) ?? {};
  expect(leasedBy).toBeUndefined();
  expect(Number(dueAt)).toBeGreaterThan(began.getTime());
});

/** What `PATCH /v1/webhooks/{id}` does to the record. */
async function restart({ _id }: WebhookRecord, changes: Partial<WebhookRecord>): Promise<void> {
  const now = new Date();
  await store.webhooks.updateOne(
    { _id },
    {
      $set: { ...changes, isEnabled: true, failures: 0, dueAt: now, restartedAt: now },
      $unset: { failingSince: '', pausedUntil: '' },
      $inc: { wakeups: 1 },
    },
  );
}

test('another address holds for the attempts that the turn under way begins from then on', async () => {
  const [old, fresh] = [await givenReceiver(), await givenReceiver()];
  old.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: old.url });
  await givenBacklog(endpoint, 60);
  const turn = turnWith(givenDeliveryContext(store), endpoint);
  await expect.poll(() => old.received.length, WAIT).toBeGreaterThan(0);
  await restart(endpoint, { url: fresh.url });
  await turn;
  expect(fresh.received.length).toBeGreaterThan(0);
  // What was under way, and no more: everything arrived once.
  expect(old.received.length).toBeLessThanOrEqual(LANES_MIN);
  expect(old.received.length + fresh.received.length).toBe(60);
});

test('switched off, it is sent nothing more, and is given back at once', async () => {
  const receiver = await givenReceiver();
  receiver.mode = 'slow';
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenBacklog(endpoint, 60);
  const turn = turnWith(givenDeliveryContext(store), endpoint);
  await expect.poll(() => receiver.received.length, WAIT).toBeGreaterThan(0);
  await store.webhooks.updateOne({ _id: endpoint._id }, { isEnabled: false });
  await turn;
  expect(receiver.received.length).toBeLessThanOrEqual(LANES_MIN);
  expect((await endpointOf(endpoint))?.leasedBy).toBeUndefined();
});

test('what the old address did is not held against one that begins afresh', async () => {
  const receiver = await givenReceiver();
  const endpoint = await givenEndpoint(store, { url: receiver.url });
  await givenBacklog(endpoint, 20);
  const health = { ...QUICK_TIMES.health, pauseMsMin: 60_000, pauseMsMax: 60_000 };
  const times = { ...QUICK_TIMES, health, sendTimeoutMs: 3_000 };
  receiver.mode = 'silent';
  const turn = turnWith(givenDeliveryContext(store, { times }), endpoint);
  await expect.poll(() => receiver.received.length, WAIT).toBe(LANES_MIN);
  await restart(endpoint, {});
  receiver.mode = 204;
  await turn;
  const after = await endpointOf(endpoint);
  expect(after?.failures).toBe(0);
  expect(after?.pausedUntil).toBeUndefined();
});
