import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EventType } from '../../shared/contract/events.ts';
import { toOutboxEntry } from '../../shared/ledger/commit.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { ApiAnswer } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { REDELIVERIES_MAX } from './redeliver.ts';
import { givenDelivery, givenWebhook } from './testing/given-webhook.ts';

const namespace = testNamespace();
let api: TestApi;
let shop: TestShop;
let webhookId: string;

interface Page {
  readonly items: readonly {
    id: string;
    type: string;
    timestamp: string;
    data: { subjectId: string };
  }[];
  readonly nextCursor: string | null;
}

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());
beforeEach(async () => {
  shop = await api.newShop();
  ({ webhookId } = await givenWebhook(api.context.store, shop.shopId));
  await api.context.store.outbox.deleteMany({});
  await api.context.store.webhookDeliveries.deleteMany({});
});

const START_MS = Date.parse('2026-05-05T05:05:00Z');
const at = (minute: number) => new Date(START_MS + minute * 60_000);

/** Stores one transaction with an event of each of these types, in this minute. */
async function storeEvents(
  minute: number,
  types: readonly EventType[],
  audience: object = {},
): Promise<string[]> {
  const common = { seq: 2, shopIds: [shop.shopId], data: {}, ...audience };
  const drafts = types.map((type) => ({ ...common, type, subjectId: newId('ord') }));
  const entry = toOutboxEntry(drafts, at(minute));
  await api.context.store.outbox.insertOne(entry);
  return entry.events.map(({ id }) => id.replace('.', '-'));
}

async function listAll(query = '', from = shop): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const answer: ApiAnswer<Page> = await from.get(`/v1/events?limit=2${query}${next}`);
    const { status, body } = answer;
    expect(status).toBe(200);
    ids.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  return ids;
}

test('a shop lists the events of its sales and of its storefront, oldest first, and nothing else', async () => {
  const own = await storeEvents(2, ['order.confirmed', 'order.shipped', 'stock.low']);
  const earlier = await storeEvents(1, ['order.cancelled']);
  const others = [newId('shp')];
  const ofStorefront = await storeEvents(3, ['order.confirmed'], {
    shopIds: others,
    storefrontId: shop.shopId,
  });
  await storeEvents(4, ['order.confirmed', 'stock.low'], { shopIds: others });
  expect(await listAll()).toEqual([...earlier, ...own, ...ofStorefront]);
  expect(await listAll('', api.shopB)).toEqual([]);
  expect(await listAll('&type=order.*')).toEqual([...earlier, ...own.slice(0, 2), ...ofStorefront]);
  expect(await listAll('&type=stock.low')).toEqual(own.slice(2));
  expect(await listAll(`&since=${at(2).toISOString()}`)).toEqual([...own, ...ofStorefront]);
  expect(await listAll(`&since=${encodeURIComponent('2026-05-05T07:08:00+02:00')}`)).toEqual(
    ofStorefront,
  );
});

test('each shop lists its own events of a transaction of several shops', async () => {
  const mixed = Array.from({ length: 6 }, (_, index) => ({
    type: 'order.confirmed' as const,
    subjectId: `ord_${index}`,
    seq: 2,
    shopIds: [index % 2 === 0 ? shop.shopId : api.shopB.shopId],
    data: {},
  }));
  const entry = toOutboxEntry(mixed, at(1));
  await api.context.store.outbox.insertOne(entry);
  expect(await listAll()).toEqual([0, 2, 4].map((index) => `${entry._id}-${index}`));
  expect(await listAll('', api.shopB)).toEqual([1, 3, 5].map((index) => `${entry._id}-${index}`));
});

test('an index serves the list without a sort', async () => {
  const plan = await api.context.store.outbox
    .find({ shopIds: shop.shopId, at: { $gte: at(0) } })
    .sort({ at: 1, _id: 1 })
    .explain();
  expect(JSON.stringify(plan)).toContain('events_of_shop');
  expect(JSON.stringify(plan)).not.toContain('"SORT"');
});

test.each([
  'since=yesterday',
  'since=2026-05-05',
  'type=cart.changed',
  'limit=0',
  'cursor=x',
  'until=1',
])('events?%s is refused', async (query) => {
  const { status, body } = await shop.get(`/v1/events?${query}`);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
});

test('a test event is stored as a delivery that is due, even if the webhook is paused and does not listen to its type', async () => {
  const { store } = api.context;
  await store.webhooks.updateOne(
    { _id: webhookId },
    { $set: { events: ['stock.low'], pausedUntil: new Date() } },
  );
  const { status, body } = await shop.post(`/v1/webhooks/${webhookId}/test`);
  expect(status).toBe(202);
  expect(body).toMatchObject({
    type: 'webhook.test',
    status: 'pending',
    payload: {
      type: 'webhook.test',
      version: 1,
      data: { subjectId: webhookId, shopId: shop.shopId },
    },
  });
  const webhook = await store.webhooks.findOne({ _id: webhookId });
  expect(webhook).toMatchObject({ dueAt: expect.any(Date) });
  expect(webhook).not.toHaveProperty('pausedUntil');
  expect(await store.audit.findOne({ action: 'webhook.tested', target: webhookId })).toMatchObject({
    shopId: shop.shopId,
  });
  await store.webhooks.updateOne({ _id: webhookId }, { $set: { isEnabled: false } });
  expect((await shop.post(`/v1/webhooks/${webhookId}/test`)).body.code).toBe('webhook_disabled');
});

const redeliver = (body: object) =>
  shop.post<{ count: number; hasMore: boolean }>(`/v1/webhooks/${webhookId}/redeliver`, body);
const storeDelivery = (changes: Partial<DeliveryRecord>) =>
  givenDelivery(api.context.store, { _id: webhookId, shopId: shop.shopId }, changes);

test('redelivery since a time requests each failed delivery once', async () => {
  const { store } = api.context;
  await storeDelivery({ status: 'failed', createdAt: at(0) });
  const failed = [
    await storeDelivery({ status: 'failed', createdAt: at(2) }),
    await storeDelivery({ status: 'failed', createdAt: at(3) }),
  ];
  await storeDelivery({ status: 'failed', createdAt: at(3), type: 'webhook.test' });
  const delivered = await storeDelivery({ status: 'delivered', createdAt: at(3) });
  const requested = await redeliver({ since: at(1) });
  expect([requested.status, requested.body]).toEqual([202, { count: 2, hasMore: false }]);
  const waiting = () =>
    store.webhookDeliveries.distinct<string>('_id', { redeliverAt: { $exists: true } });
  expect((await waiting()).sort()).toEqual(failed.sort());
  expect((await redeliver({ since: at(1), status: 'failed' })).body.count).toBe(0);
  expect((await redeliver({ since: at(1), status: 'delivered' })).body.count).toBe(1);
  expect(await waiting()).toContain(delivered);
  const entries = await store.audit.find({ target: webhookId }).sort({ _id: 1 }).toArray();
  const since = at(1).toISOString();
  expect(entries.map(({ action, detail }) => [action, detail])).toEqual([
    ['webhook.redelivered', { since, status: 'failed', count: 2 }],
    ['webhook.redelivered', { since, status: 'delivered', count: 1 }],
  ]);
});

test('one request redelivers a bounded number of deliveries, and the next request continues', async () => {
  const { store } = api.context;
  const template = await store.webhookDeliveries.findOne({
    _id: await storeDelivery({ status: 'failed' }),
  });
  if (template === null) throw new Error('the delivery does not exist');
  const copies = Array.from({ length: REDELIVERIES_MAX }, (_, index) => ({
    ...template,
    _id: `dlv_${index}`,
  }));
  await store.webhookDeliveries.insertMany(copies);
  const since = new Date(Date.now() - 60_000);
  expect((await redeliver({ since })).body).toEqual({ count: REDELIVERIES_MAX, hasMore: true });
  expect((await redeliver({ since })).body).toEqual({ count: 1, hasMore: false });
});

test.each([{}, { since: 'x' }, { since: at(1), status: 'pending' }, { since: at(1), type: '*' }])(
  'redelivering %j is refused',
  async (body) => {
    expect((await redeliver(body)).status).toBe(400);
  },
);

test('redelivery is refused for a disabled webhook; test and redelivery are refused for a webhook of another shop', async () => {
  const { store } = api.context;
  for (const path of ['test', 'redeliver']) {
    const body = path === 'test' ? undefined : { since: at(0) };
    const foreign = await api.shopB.post(`/v1/webhooks/${webhookId}/${path}`, body);
    expect(foreign.status).toBe(404);
  }
  await store.webhooks.updateOne({ _id: webhookId }, { $set: { isEnabled: false } });
  expect((await redeliver({ since: at(0) })).body).toMatchObject({ code: 'webhook_disabled' });
});
