import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { eventForShop } from '../../shared/webhooks/event-for-shop.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { givenOwnedResources } from '../testing/route-examples.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly status: string;
  readonly placedAt: string;
  readonly reservedUntil: string;
  readonly history: readonly object[];
}

const TTL_MS = 900_000;
const HELD_MS_MAX = 3_600_000;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
});
afterAll(() => api.close());

async function givenOrder(seller: TestShop = api.shopA, by: TestShop = seller) {
  const { variantId } = await givenForSale(seller);
  const { orderIds } = await givenOrders(api, by, [variantId]);
  const id = orderIds[0] ?? '';
  return { id, ...(await by.get<ShownOrder>(`/v1/orders/${id}`)).body };
}

const extend = (id: string, seconds: unknown, by = api.shopA) =>
  by.post<ShownOrder>(`/v1/orders/${id}/extend`, { seconds });
const later = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString();

test('a pending order holds its units longer; history, event and audit log show it', async () => {
  const { id, reservedUntil } = await givenOrder();
  const { status, body } = await extend(id, 600);
  const until = later(reservedUntil, 600_000);
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'pending', reservedUntil: until });
  expect(body.history.at(-1)).toEqual({
    at: expect.any(String),
    kind: 'reservation_extended',
    status: 'pending',
    actor: api.shopA.keyId,
    reservedUntil: until,
    previous: { reservedUntil },
  });
  const { store } = api.context;
  expect(await store.audit.find({ target: id }).toArray()).toMatchObject([
    {
      action: 'order.reservation_extended',
      outcome: 'done',
      actor: { kind: 'key', id: api.shopA.keyId },
      detail: { reservedUntil: until, previous: { reservedUntil } },
    },
  ]);
  const outbox = await store.outbox.find({ 'events.subjectId': id }).toArray();
  const [event] = outbox.flatMap(({ events }) => events);
  if (event === undefined) throw new Error('there is no event');
  const order = await store.orders.findOne({ _id: id });
  const orders = new Map([[id, order as NonNullable<typeof order>]]);
  expect(eventForShop(event, api.shopA.shopId, { orders, checkouts: new Map() })).toMatchObject({
    type: 'order.reservation_extended',
    data: { seq: 2, reservedUntil: until, order: { reservedUntil: until, status: 'pending' } },
  });
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true });
});

test('the `checkout.placed` event keeps the original end of the reservation', async () => {
  const { id, reservedUntil } = await givenOrder();
  await extend(id, 60);
  await extend(id, 60);
  const { store } = api.context;
  const order = await store.orders.findOne({ _id: id });
  const placed = await store.outbox.findOne({ 'events.subjectId': order?.checkoutId });
  const event = placed?.events.find(({ type }) => type === 'checkout.placed');
  if (event === undefined || order === null) throw new Error('there is no event');
  const subjects = { orders: new Map([[id, order]]), checkouts: new Map() };
  expect(eventForShop(event, api.shopA.shopId, subjects)).toMatchObject({
    data: { order: { reservedUntil, history: [{ status: 'pending' }] } },
  });
});

test('an order with an extended reservation can be confirmed until the new end, and expires at that end', async () => {
  const { ledger } = api.context;
  const [confirmed, expiring] = [await givenOrder(), await givenOrder()];
  for (const { id } of [confirmed, expiring]) await extend(id, 60);
  clock.advance(TTL_MS);
  const expire = () =>
    moveOrders(ledger, [{ orderId: expiring.id, move: 'expire', actor: 'system' }]);
  expect(await expire()).toMatchObject([{ kind: 'refused' }]);
  expect((await api.shopA.post(`/v1/orders/${confirmed.id}/confirm`)).status).toBe(200);
  clock.advance(60_000);
  expect(await extend(expiring.id, 1)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', from: 'pending', move: 'extend' },
  });
  expect(await expire()).toMatchObject([{ kind: 'moved' }]);
});

test('an extended reservation ends at most an hour after the order was placed', async () => {
  const { id, placedAt } = await givenOrder();
  const latest = later(placedAt, HELD_MS_MAX);
  const secondsMax = (HELD_MS_MAX - TTL_MS) / 1_000;
  expect(await extend(id, secondsMax + 1)).toMatchObject({
    status: 422,
    body: { code: 'reservation_too_long', latest, errors: [{ path: 'seconds' }] },
  });
  expect((await extend(id, secondsMax)).body.reservedUntil).toBe(latest);
  expect((await extend(id, 1)).status).toBe(422);
});

test.each([0, -1, 1.5, '60', 604_801, undefined])('%s seconds are refused', async (seconds) => {
  const { id } = await givenOrder();
  expect(await extend(id, seconds)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'seconds' }] },
  });
});

test('concurrent extensions are all applied', async () => {
  const { id, reservedUntil } = await givenOrder();
  const answers = await Promise.all(Array.from({ length: 8 }, () => extend(id, 10)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const { body } = await api.shopA.get<ShownOrder>(`/v1/orders/${id}`);
  expect(body.reservedUntil).toBe(later(reservedUntil, 80_000));
});

test('only callers who may confirm can extend', async () => {
  const seller = await givenSeller(api);
  const sellersKey = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, SCOPES);
  const storefront = await api.newShop();
  await seller.post('/v1/storefronts', {
    ...{ shopId: storefront.shopId, maySell: true, mayConfirm: true },
  });
  const listedOrder = await givenOrder(sellersKey, storefront);
  expect((await extend(listedOrder.id, 60, storefront)).status).toBe(200);
  const unlistedOrder = await givenOrder(sellersKey, api.shopA);
  expect(await extend(unlistedOrder.id, 60)).toMatchObject({
    ...{ status: 403, body: { code: 'storefront_not_allowed', move: 'extend' } },
  });
  expect((await extend(unlistedOrder.id, 60, sellersKey)).status).toBe(200);
  expect((await extend(unlistedOrder.id, 60, api.shopB)).status).toBe(404);
  const { orderId, buyerToken } = await givenOwnedResources(api, api.shopA);
  const buyer = { ...api.shopA, ...tokenClient(api.url, buyerToken) };
  expect((await extend(orderId, 60, buyer)).status).toBe(403);
});
