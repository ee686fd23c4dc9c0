import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { givenOwnedResources } from '../testing/route-examples.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly history: readonly object[];
}

const TTL_MS = 5_000;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
});
afterAll(() => api.close());

async function givenOrderId(): Promise<string> {
  const { variantId } = await givenForSale(api.shopA);
  const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
  return orderIds[0] ?? '';
}

const readOrder = async (id: string, by = api.shopA) =>
  (await by.get<ShownOrder>(`/v1/orders/${id}`)).body;
const confirm = (id: string, paymentReference: string, by = api.shopA) =>
  by.post(`/v1/orders/${id}/confirm`, { paymentReference });

async function readTrace(id: string, by = api.shopA) {
  const { store } = api.context;
  const outbox = await store.outbox.find({ 'events.subjectId': id }).toArray();
  const events = outbox.flatMap((entry) => entry.events);
  return {
    history: (await readOrder(id, by)).history,
    events: events.filter(({ type }) => type === 'order.payment_unmatched'),
    audit: await store.audit.find({ target: id }).toArray(),
  };
}

test('a payment after the reservation ended is refused, and recorded in the order, the audit log and an event', async () => {
  const id = await givenOrderId();
  clock.advance(TTL_MS);
  for (const reference of ['pay-1', 'pay-1', 'pay-2', 'pay-1']) {
    expect(await confirm(id, reference)).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', from: 'pending', move: 'confirm' },
    });
  }
  const unmatched = (paymentReference: string) => ({
    at: expect.any(String),
    status: 'pending',
    kind: 'payment_unmatched',
    actor: api.shopA.keyId,
    reason: 'the reservation has expired',
    paymentReference,
  });
  const trace = await readTrace(id);
  expect(trace.history.slice(1)).toEqual([unmatched('pay-1'), unmatched('pay-2')]);
  expect(trace.events).toMatchObject([
    { seq: 2, shopIds: [api.shopA.shopId], data: { paymentReference: 'pay-1', status: 'pending' } },
    { seq: 3, data: { paymentReference: 'pay-2' } },
  ]);
  expect(trace.audit).toMatchObject([
    {
      action: 'order.payment_unmatched',
      outcome: 'refused',
      shopId: api.shopA.shopId,
      actor: { kind: 'key', id: api.shopA.keyId },
      requestId: expect.any(String),
      detail: { paymentReference: 'pay-1', status: 'pending' },
    },
    { detail: { paymentReference: 'pay-2' } },
  ]);
  // The order still expires, and its history ends with the new status.
  await moveOrders(api.context.ledger, [{ orderId: id, move: 'expire', actor: 'system' }]);
  const expired = await readOrder(id);
  expect(expired).toMatchObject({ status: 'expired' });
  expect(expired.history.at(-1)).toMatchObject({ status: 'expired', actor: 'system' });
  expect(expired).not.toHaveProperty('paymentReference');
  const { body: page } = await api.shopA.get<{ items: ShownOrder[] }>('/v1/orders?status=expired');
  expect(page.items.find((item) => item.id === id)).toEqual(expired);
});

test.each([
  ['cancelled', ['cancel']],
  ['confirmed', ['confirm']],
  ['shipped', ['confirm', 'ship']],
  ['delivered', ['confirm', 'ship', 'deliver']],
])(
  'a new payment of an order that is %s is recorded as unmatched, but not its own payment',
  async (status, moves) => {
    const id = await givenOrderId();
    for (const move of moves) {
      const bodies: Record<string, object> = {
        cancel: { reason: 'x' },
        confirm: { paymentReference: 'pay-1' },
      };
      await api.shopA.post(`/v1/orders/${id}/${move}`, bodies[move]);
    }
    expect(await confirm(id, 'pay-2')).toMatchObject({ status: 409 });
    if (status !== 'cancelled') await confirm(id, 'pay-1');
    const { history } = await readTrace(id);
    expect(history.slice(moves.length + 1)).toMatchObject([
      { status, kind: 'payment_unmatched', paymentReference: 'pay-2' },
    ]);
    expect(await readOrder(id)).toMatchObject({ status });
  },
);

test('a payment of an order that was confirmed without a payment is recorded', async () => {
  const id = await givenOrderId();
  await api.shopA.post(`/v1/orders/${id}/confirm`);
  expect(await confirm(id, 'pay-1')).toMatchObject({ status: 409 });
  expect((await readTrace(id)).history.at(-1)).toMatchObject({ paymentReference: 'pay-1' });
});

test('a refused confirmation without a payment reference is not recorded', async () => {
  const id = await givenOrderId();
  await api.shopA.post(`/v1/orders/${id}/cancel`, { reason: 'x' });
  const before = await readTrace(id);
  expect(await api.shopA.post(`/v1/orders/${id}/confirm`)).toMatchObject({ status: 409 });
  expect(await readTrace(id)).toEqual(before);
});

test('a payment by a storefront that may no longer confirm is recorded, once for each reference', async () => {
  const seller = await givenSeller(api);
  const sellersKey = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, SCOPES);
  const { variantId } = await givenForSale(sellersKey);
  const storefront = await api.newShop();
  const listing = { shopId: storefront.shopId, maySell: true };
  const listingAnswer = await seller.post<{ id: string }>('/v1/storefronts', {
    ...{ ...listing, mayConfirm: true },
  });
  const { orderIds } = await givenOrders(api, storefront, [variantId]);
  const [id = ''] = orderIds;
  expect((await seller.send('DELETE', `/v1/storefronts/${listingAnswer.body.id}`)).status).toBe(
    204,
  );
  const refusal = {
    status: 403,
    body: { code: 'storefront_not_allowed', move: 'confirm', shopId: seller.shopId },
  };
  const expectRefused = async (reference: string) =>
    expect(await confirm(id, reference, storefront)).toMatchObject(refusal);
  expect(await storefront.post(`/v1/orders/${id}/confirm`)).toMatchObject(refusal);
  await expectRefused('pay-1');
  await expectRefused('pay-1');
  await seller.post('/v1/storefronts', { ...listing, mayConfirm: false });
  await expectRefused('pay-2');
  const reason = 'the shop that sells this order does not let this storefront confirm it';
  const trace = await readTrace(id, sellersKey);
  const references = ['pay-1', 'pay-2'];
  expect(trace.history.slice(1)).toMatchObject(
    references.map((paymentReference) => ({
      ...{ kind: 'payment_unmatched', status: 'pending', paymentReference, reason },
      actor: storefront.keyId,
    })),
  );
  expect(trace.events).toMatchObject(
    references.map((paymentReference) => ({ data: { paymentReference } })),
  );
  expect(trace.audit).toMatchObject(
    references.map((paymentReference) => ({
      ...{ action: 'order.payment_unmatched', outcome: 'refused', shopId: seller.shopId },
      actor: { kind: 'key', id: storefront.keyId },
      detail: { paymentReference, status: 'pending' },
    })),
  );
  // The seller reads the payment and confirms the order with it. The storefront's repeat is then
  // not recorded again.
  expect((await confirm(id, 'pay-1', sellersKey)).status).toBe(200);
  await expectRefused('pay-1');
  const { history } = await readTrace(id, sellersKey);
  expect(history.slice(3)).toMatchObject([{ status: 'confirmed' }]);
});

test('payments by callers who may never confirm are not recorded', async () => {
  const { orderId: id, buyerToken } = await givenOwnedResources(api, api.shopA);
  clock.advance(TTL_MS);
  const before = await readTrace(id);
  const reader = await api.withScopes(api.shopA, ['orders:read']);
  expect(await confirm(id, 'pay-1', api.shopB)).toMatchObject({ status: 404 });
  expect(await confirm(id, 'pay-1', reader)).toMatchObject({ status: 403 });
  const buyer = { ...api.shopA, ...tokenClient(api.url, buyerToken) };
  expect(await confirm(id, 'pay-1', buyer)).toMatchObject({ status: 403 });
  expect(await readTrace(id)).toEqual(before);
});
