import { expect, onTestFinished, test, vi } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { streamOutcome } from './stream-outcome.ts';

const api = await openTestApi();

async function givenQueued(): Promise<string> {
  const { variantId } = await givenForSale(api.shopA);
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `sse-${variantId}` };
  return (await api.shopA.post('/v1/checkouts', body, headers)).body.id;
}

async function givenPlaced(): Promise<string> {
  const { variantId } = await givenForSale(api.shopA);
  return (await givenOrders(api, api.shopA, [variantId])).checkoutId;
}

const path = (id: string) => `/v1/checkouts/${id}/events`;

test('a settled checkout is sent once; a client that has received the final event gets 204', async () => {
  const id = await givenPlaced();
  const first = await api.shopA.get<string>(path(id));
  expect(first.body).toMatch(/^event: checkout\ndata: .*"placed".*\nid: 2\nretry: 1000\n\n$/);
  const again = await api.shopA.get(path(id), { 'last-event-id': '2' });
  expect(again).toMatchObject({ status: 204, body: '' });
  expect((await api.shopA.get(`${path(id)}?lastEventId=2`)).status).toBe(204);
});

test.each(['', '1', '3', '02', 'evt_1', '2\t2', '"2"', '9'.repeat(1_000)])(
  'a client that sends Last-Event-ID %j gets the outcome',
  async (lastSeen) => {
    const id = await givenPlaced();
    const { status, body } = await api.shopA.get<string>(path(id), { 'last-event-id': lastSeen });
    expect([status, body]).toEqual([200, expect.stringContaining('id: 2\n')]);
  },
);

test('a client that claims to have seen the final event still follows a queued checkout', async () => {
  const id = await givenQueued();
  const following = api.shopA.get<string>(path(id), { 'last-event-id': '2' });
  await expect.poll(() => api.context.outcomes.watchedCount).toBe(1);
  await settleCheckouts(api.context.ledger, [id]);
  const { body } = await following;
  expect(body.match(/^id: \d$/gm)).toEqual(['id: 1', 'id: 2']);
});

test('a checkout that begins to wait is sent, and the stream continues until the outcome', async () => {
  const id = await givenQueued();
  const following = api.shopA.get<string>(path(id));
  await expect.poll(() => api.context.outcomes.watchedCount).toBe(1);
  const set = (fields: object) =>
    api.context.store.checkouts.updateOne({ _id: id }, { $set: fields });
  const notify = (type: 'checkout.waiting' | 'checkout.placed') =>
    api.context.outcomes.onEvents([{ type, subjectId: id }]);
  const readCheckout = async () => (await api.shopA.get(`/v1/checkouts/${id}`)).body;
  await set({ status: 'waiting', waitingSince: new Date(), waits: 1 });
  notify('checkout.waiting');
  expect(await readCheckout()).toMatchObject({ status: 'waiting' });
  const waited = await api.shopA.get(`/v1/checkouts/${id}`, { prefer: 'wait=1' });
  expect(waited).toMatchObject({ status: 200, body: { status: 'waiting' } });
  await set({ status: 'placed', settledAt: new Date() });
  notify('checkout.placed');
  const { body } = await following;
  expect(body.match(/^id: \w+$/gm)).toEqual(['id: 1', 'id: waiting', 'id: 2']);
});

test('the place of a queued or waiting checkout is sent again only when it has changed', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 0 });
  const waitUntil = new Date(Date.now() + 3_600_000).toISOString();
  const post = async (buyerId: string) => {
    const lines = [{ variantId, quantity: 1 }];
    const body = { buyerId, lines, whenSoldOut: { waitUntil } };
    const headers = { 'idempotency-key': `place-${variantId}-${buyerId}` };
    return (await api.shopA.post('/v1/checkouts', body, headers)).body.id;
  };
  const ids = [await post('first'), await post('second'), await post('third')];
  const [first = '', second = '', third = ''] = ids;
  const { context } = api;
  const { shopId, keyId: id } = api.shopA;
  const principal = { kind: 'key', id, shopId, scopes: SCOPES } as const;
  const events: { readonly status: string; readonly queue?: object }[] = [];
  const stream = {
    aborted: false,
    onAbort: () => undefined,
    writeSSE: async ({ event, data }: { readonly event?: string; readonly data: string }) => {
      if (event === 'checkout') events.push(JSON.parse(data));
    },
  };
  const record = await context.store.checkouts.findOne<CheckoutRecord>({ _id: third });
  const request = {
    context,
    principal,
    requestId: 'r',
    checkStillAuthorized: async () => undefined,
  };
  const start = { record: record as CheckoutRecord, lastSeen: undefined, placeEveryMs: 100 };
  const following = streamOutcome(stream, request, start);
  const last = () => expect.poll(() => events.at(-1));
  const reads = vi.spyOn(context.waitingPlaces, 'countAhead');
  onTestFinished(() => reads.mockRestore());
  const { ledger, outcomes } = context;
  await last().toMatchObject({ status: 'queued', queue: { ahead: 2 } });
  await settleCheckouts(ledger, [first]);
  await last().toMatchObject({ status: 'queued', queue: { ahead: 1 } });
  await settleCheckouts(ledger, [second, third]);
  await last().toMatchObject({ status: 'waiting', queue: { ahead: 2, estimatedMs: null } });
  await api.shopA.post(`/v1/checkouts/${first}/withdraw`);
  await last().toMatchObject({ status: 'waiting', queue: { ahead: 1 } });
  // An unchanged place is not sent again. When the place is read a third time, the stream has
  // compared the results of the first two reads.
  const { length } = events;
  reads.mockClear();
  await expect.poll(() => reads.mock.calls.length).toBeGreaterThanOrEqual(3);
  expect(events).toHaveLength(length);
  // From here on each read returns another place. The stream sends the place that it compared, and
  // does not read the place again before it sends it.
  let ahead = 90;
  reads.mockImplementation(async () => {
    ahead -= 1;
    return ahead;
  });
  await expect.poll(() => events.length).toBeGreaterThanOrEqual(length + 2);
  expect(events.slice(length, length + 2)).toMatchObject([
    { queue: { ahead: 89 } },
    { queue: { ahead: 88 } },
  ]);
  await api.shopA.post(`/v1/checkouts/${third}/withdraw`);
  outcomes.onEvents([{ type: 'checkout.rejected', subjectId: third }]);
  await following;
  expect(events.at(-1)).toMatchObject({ status: 'rejected' });
});

test('the headers of the stream forbid proxies to cache or buffer it', async () => {
  const { headers } = await api.shopA.get(path(await givenPlaced()));
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
});

test('HEAD returns the headers at once although the checkout is queued', async () => {
  const { status, headers } = await api.shopA.send('HEAD', path(await givenQueued()));
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(api.context.outcomes.watchedCount).toBe(0);
});

test('waiting requests are answered at once when the process shuts down', async () => {
  const id = await givenQueued();
  const waiting = api.shopA.get(`/v1/checkouts/${id}`, { prefer: 'wait=30' });
  const following = api.shopA.get<string>(path(id));
  await expect.poll(() => api.context.outcomes.watchedCount).toBe(1);
  api.context.outcomes.stop();
  expect(await waiting).toMatchObject({ status: 200, body: { status: 'queued' } });
  const { status, body } = await following;
  expect([status, body]).toEqual([200, expect.stringContaining('id: 1\n')]);
});
