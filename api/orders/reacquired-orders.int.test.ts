import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenDiscount, givenForSale, givenOrders } from '../testing/requests.ts';
import { givenOwnedResources } from '../testing/route-examples.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly status: string;
  readonly paymentReference?: string;
  readonly history: readonly { status: string; kind?: string; reason?: string }[];
}

const TTL_MS = 5_000;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
});
afterAll(() => api.close());

const confirm = (id: string, body: object, by = api.shopA) =>
  by.post<ShownOrder>(`/v1/orders/${id}/confirm`, { reacquire: true, ...body });
const levelOf = async (variantId: string) =>
  (await api.shopA.get<object>(`/v1/inventory/${variantId}`)).body;
const expire = (orderId: string) =>
  moveOrders(api.context.ledger, [{ orderId, move: 'expire', actor: 'system' }]);

async function givenExpired(
  { onHand = 2, ...options }: { onHand?: number; discountCodes?: string[] } = {},
  by: TestShop = api.shopA,
) {
  const { variantId } = await givenForSale(api.shopA, { onHand });
  const { orderIds } = await givenOrders(api, by, [variantId], options);
  const [id = ''] = orderIds;
  clock.advance(TTL_MS);
  await expire(id);
  return { id, variantId };
}

/** Expects that the verdict finds nothing wrong. */
async function expectSound() {
  expect(await takeVerdict(api.context.store, { drained: true })).toMatchObject({ ok: true });
}

test('an expired order that is paid takes its units again, with a history entry and an event', async () => {
  const { id, variantId } = await givenExpired();
  const { status, body } = await confirm(id, { paymentReference: 'pay-1' });
  expect([status, body.status, body.paymentReference]).toEqual([200, 'confirmed', 'pay-1']);
  expect(body.history.map((entry) => entry.status)).toEqual(['pending', 'expired', 'confirmed']);
  expect(await levelOf(variantId)).toMatchObject({ onHand: 0, reserved: 0, sold: 2 });
  const outbox = await api.context.store.outbox.find({ 'events.subjectId': id }).toArray();
  const types = outbox.flatMap(({ events }) => events.map(({ type }) => type));
  expect(types).toEqual(expect.arrayContaining(['order.expired', 'order.confirmed']));
  expect(types).toContain('stock.depleted');
  expect((await confirm(id, { paymentReference: 'pay-1' })).status).toBe(200);
  expect(await levelOf(variantId)).toMatchObject({ sold: 2 });
  await expectSound();
});

test('a lapsed order that the sweep has not reached can be confirmed', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 2 });
  const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
  clock.advance(TTL_MS);
  const { status, body } = await confirm(orderIds[0] ?? '', { paymentReference: 'pay-1' });
  expect([status, body.status]).toEqual([200, 'confirmed']);
  expect(await expire(orderIds[0] ?? '')).toMatchObject([{ kind: 'refused' }]);
  await expectSound();
});

test('an expired order whose units are sold stays expired, and its payment is recorded', async () => {
  const { id, variantId } = await givenExpired();
  await givenOrders(api, api.shopB, [variantId]);
  const refused = {
    status: 409,
    body: {
      ...{ code: 'invalid_transition', from: 'expired', move: 'confirm' },
      rejection: { code: 'out_of_stock', variantId, requested: 2, available: 0 },
    },
  };
  expect(await confirm(id, { paymentReference: 'pay-1' })).toMatchObject(refused);
  const { body } = await api.shopA.get<ShownOrder>(`/v1/orders/${id}`);
  expect(body.history.at(-1)).toMatchObject({
    ...{ kind: 'payment_unmatched', status: 'expired', paymentReference: 'pay-1' },
    reason: 'its units or discounts are no longer available',
  });
  const audit = await api.context.store.audit.find({ target: id }).toArray();
  expect(audit).toMatchObject([{ action: 'order.payment_unmatched', outcome: 'refused' }]);
  await expectSound();
});

test('the confirmation is refused if another order has used up the discount code', async () => {
  const { code } = await givenDiscount(api.shopA, { usageLimit: 1 });
  const { id } = await givenExpired({ onHand: 9, discountCodes: [code] });
  const { variantId } = await givenForSale(api.shopA);
  const { orderIds } = await givenOrders(api, api.shopB, [variantId], { discountCodes: [code] });
  expect(await confirm(id, {})).toMatchObject({
    ...{ status: 409, body: { rejection: { code: 'discount_exhausted', discountCode: code } } },
  });
  await api.shopB.post(`/v1/orders/${orderIds[0]}/cancel`, { reason: 'x' });
  expect((await confirm(id, {})).status).toBe(200);
  await expectSound();
});

test.each([
  ['cancelled', ['cancel']],
  ['shipped', ['confirm', 'ship']],
])('an order that is %s does not take its units again', async (from, moves) => {
  const { variantId } = await givenForSale(api.shopA);
  const { orderIds } = await givenOrders(api, api.shopA, [variantId]);
  const [id = ''] = orderIds;
  for (const move of moves) {
    const body = move === 'cancel' ? { reason: 'x' } : {};
    expect((await api.shopA.post(`/v1/orders/${id}/${move}`, body)).status).toBe(200);
  }
  expect(await confirm(id, { paymentReference: 'pay-1' })).toMatchObject({
    ...{ status: 409, body: { code: 'invalid_transition', from, move: 'confirm' } },
  });
});

test('only callers who may confirm can reacquire', async () => {
  const seller = await givenSeller(api);
  const sellersKey = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, SCOPES);
  const { variantId } = await givenForSale(sellersKey, { onHand: 9 });
  const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
  clock.advance(TTL_MS);
  await expire(orderIds[0] ?? '');
  const [id = ''] = orderIds;
  expect(await confirm(id, {}, api.shopB)).toMatchObject({ status: 403 });
  await seller.post('/v1/storefronts', {
    ...{ shopId: api.shopB.shopId, maySell: true, mayConfirm: true },
  });
  expect(await confirm(id, {}, api.shopB)).toMatchObject({ status: 200 });
  const { orderId, buyerToken } = await givenOwnedResources(api, api.shopA);
  clock.advance(TTL_MS);
  const buyer = { ...api.shopA, ...tokenClient(api.url, buyerToken) };
  expect((await confirm(orderId, {}, buyer)).status).toBe(403);
});

test('reacquire must be a boolean', async () => {
  const { id } = await givenExpired();
  expect(await confirm(id, { reacquire: 'yes' })).toMatchObject({
    ...{ status: 400, body: { errors: [{ path: 'reacquire' }] } },
  });
});
