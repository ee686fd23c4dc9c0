import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { AnyBody } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenDelivery, givenWebhook } from './testing/given-webhook.ts';

const namespace = testNamespace();
let api: TestApi;
let webhookId: string;
let deliveryId: string;

interface Page {
  readonly items: readonly (AnyBody & { readonly status: string })[];
  readonly nextCursor: string | null;
}

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());
beforeEach(async () => {
  await api.context.store.webhookDeliveries.deleteMany({});
  ({ webhookId, deliveryId } = await givenWebhook(api.context.store, api.shopA.shopId));
});

const storeDelivery = (changes: Partial<DeliveryRecord>) =>
  givenDelivery(api.context.store, { _id: webhookId, shopId: api.shopA.shopId }, changes);
const list = (query = '') =>
  api.shopA.get<Page & AnyBody>(`/v1/webhooks/${webhookId}/deliveries${query}`);
const redeliver = (id = deliveryId, webhook = webhookId) =>
  api.shopA.post(`/v1/webhooks/${webhook}/deliveries/${id}/redeliver`);

test('the log shows every attempt and the payload', async () => {
  const at = new Date('2026-04-04T04:04:04Z');
  const failed = {
    at,
    durationMs: 12,
    status: 500,
    error: 'status',
    response: 'oh',
    isManual: false,
  } as const;
  const hung = { at, durationMs: 10_000, error: 'timeout', isManual: true } as const;
  await storeDelivery({
    status: 'pending',
    subjectId: 'ord_1',
    seq: 3,
    eventId: 'evt_1-0',
    attempts: [failed, hung],
    attemptCount: 2,
    nextAttemptAt: at,
    createdAt: at,
    payload: '{"id":"evt_1-0","data":{"seq":3}}',
  });
  const { status, body } = await list('?status=pending');
  expect(status).toBe(200);
  expect(body.items).toEqual([
    {
      id: expect.stringMatching(/^dlv_/),
      eventId: 'evt_1-0',
      type: 'order.confirmed',
      subjectId: 'ord_1',
      seq: 3,
      status: 'pending',
      attemptCount: 2,
      attempts: [
        { ...failed, at: at.toISOString() },
        { ...hung, at: at.toISOString() },
      ],
      nextAttemptAt: at.toISOString(),
      createdAt: at.toISOString(),
      deliveredAt: expect.any(String),
      payload: { id: 'evt_1-0', data: { seq: 3 } },
    },
  ]);
});

test('the log is paged, newest first, and filtered by status', async () => {
  for (let count = 0; count < 4; count += 1) await storeDelivery({ status: 'failed' });
  const first = await list('?limit=3');
  const second = await list(`?limit=3&cursor=${first.body.nextCursor}`);
  const ids = [...first.body.items, ...second.body.items].map(({ id }) => id);
  expect(ids).toHaveLength(5);
  expect(ids).toEqual([...ids].sort().reverse());
  expect(second.body.nextCursor).toBeNull();
  expect((await list('?status=failed')).body.items).toHaveLength(4);
  expect((await list('?status=delivered')).body.items.map(({ id }) => id)).toEqual([deliveryId]);
});

test.each(['?status=lost', '?limit=0', '?limit=101', '?cursor=abc', '?colour=red'])(
  '%s is refused',
  async (query) => {
    const { status, body } = await list(query);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  },
);

test('requesting a redelivery makes even a paused webhook due at once, whatever the status of the delivery', async () => {
  const { store } = api.context;
  await store.webhooks.updateOne(
    { _id: webhookId },
    { $set: { pausedUntil: new Date(Date.now() + 60_000) } },
  );
  for (const status of ['pending', 'delivered', 'failed'] as const) {
    const id = await storeDelivery({ status });
    const requested = await redeliver(id);
    expect([requested.status, requested.body.id]).toEqual([202, id]);
    const delivery = await store.webhookDeliveries.findOne({ _id: id });
    expect(delivery).toMatchObject({ status, redeliverAt: expect.any(Date) });
    // A repeated request has a later time, so an attempt that has begun meanwhile does not end it.
    const before = delivery?.redeliverAt?.getTime() ?? 0;
    await expect.poll(() => Date.now()).toBeGreaterThan(before);
    await redeliver(id);
    const repeated = await store.webhookDeliveries.findOne({ _id: id });
    expect(repeated?.redeliverAt?.getTime()).toBeGreaterThan(before);
    const action = 'webhook.redelivered';
    const entries = { action, target: id, 'actor.id': api.shopA.keyId } as const;
    expect(await store.audit.countDocuments(entries)).toBe(2);
  }
  const webhook = await store.webhooks.findOne({ _id: webhookId });
  expect(webhook).toMatchObject({ dueAt: expect.any(Date) });
  expect(webhook).not.toHaveProperty('pausedUntil');
});

test('a redelivery of a disabled webhook is refused, and a delivery is not found under another webhook', async () => {
  await api.context.store.webhooks.updateOne({ _id: webhookId }, { $set: { isEnabled: false } });
  const refused = await redeliver();
  expect([refused.status, refused.body.code]).toEqual([409, 'webhook_disabled']);
  const other = await givenWebhook(api.context.store, api.shopA.shopId);
  expect((await redeliver(deliveryId, other.webhookId)).status).toBe(404);
  expect((await redeliver('dlv_none', other.webhookId)).status).toBe(404);
  const stranger = await givenWebhook(api.context.store, api.shopB.shopId);
  expect((await redeliver(stranger.deliveryId, stranger.webhookId)).status).toBe(404);
  expect(
    await api.context.store.webhookDeliveries.countDocuments({ redeliverAt: { $exists: true } }),
  ).toBe(0);
});
