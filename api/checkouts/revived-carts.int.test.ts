import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenCart, putLine, type ShownCart } from '../carts/testing/shown-cart.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const TTL_MS = 5_000;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;
/** Another process of the same system. */
let otherApi: TestApi;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
  otherApi = await startTestApi(namespace, { clock, reservationTtlMs: TTL_MS });
});
afterAll(async () => {
  await otherApi.close();
  await api.close();
});

interface Answered {
  readonly id: string;
  readonly code?: string;
  readonly checkoutId?: string;
}

const post = (cartId: string, key?: string, shop = api.shopB) => {
  keys += 1;
  const headers = { 'idempotency-key': key ?? `key-${keys}` };
  return shop.post<Answered>('/v1/checkouts', { cartId }, headers);
};
const readCart = async (path: string) => (await api.shopB.get<ShownCart>(path)).body;

/** Creates a cart with products of two shops, and places its checkout. */
async function givenPlaced({ onHand = 10 } = {}) {
  const products = [await givenForSale(api.shopA, { onHand }), await givenForSale(api.shopB)];
  const lines = products.map(({ variantId }) => ({ variantId, quantity: 2 }));
  const path = await givenCart(api.shopB, lines, 'ana');
  const cartId = path.slice('/v1/carts/'.length);
  const { body } = await post(cartId, `first-${cartId}`);
  const [settled] = await settleCheckouts(api.context.ledger, [body.id]);
  const orderIds = settled?.orderIds ?? [];
  expect(orderIds).toHaveLength(2);
  return { path, cartId, checkoutId: body.id, orderIds, variantId: products[0]?.variantId ?? '' };
}

const cancel = async (orderId = '', by = api.shopB) =>
  expect((await by.post(`/v1/orders/${orderId}/cancel`, { reason: 'x' })).status).toBe(200);

test('a cart can be changed again when all orders of its checkout are cancelled', async () => {
  const { path, cartId, checkoutId, orderIds, variantId } = await givenPlaced();
  expect(await readCart(path)).toMatchObject({ checkoutId, isCheckedOut: true });
  await cancel(orderIds[0]);
  const refusal = { status: 409, body: { code: 'cart_checked_out', checkoutId } };
  expect(await putLine(api.shopB, path, variantId, 1)).toMatchObject(refusal);
  expect(await post(cartId)).toMatchObject(refusal);
  await cancel(orderIds[1]);
  expect(await readCart(path)).toMatchObject({
    ...{ checkoutId, checkoutStatus: 'placed', isCheckedOut: false },
  });
  const { status, body } = await post(cartId);
  expect([status, body.id === checkoutId]).toEqual([202, false]);
  expect((await settleCheckouts(api.context.ledger, [body.id]))[0]?.status).toBe('placed');
  expect(await post(cartId)).toMatchObject({ ...refusal, body: { checkoutId: body.id } });
});

test.each([
  ['put a line', (path: string, variantId: string) => putLine(api.shopB, path, variantId, 1)],
  [
    'add to a line',
    (path: string, variantId: string) =>
      api.shopB.post<ShownCart>(`${path}/lines`, { variantId, quantity: 1 }),
  ],
  [
    'delete a line',
    (path: string, variantId: string) =>
      api.shopB.send<ShownCart>('DELETE', `${path}/lines/${variantId}`),
  ],
])('a buyer whose reservations have ended can %s, even before the sweep', async (_, change) => {
  const { path, checkoutId, variantId } = await givenPlaced();
  const refused = { status: 409, body: { code: 'cart_checked_out', checkoutId } };
  clock.advance(TTL_MS - 1);
  expect(await change(path, variantId)).toMatchObject(refused);
  expect(await readCart(path)).toMatchObject({ isCheckedOut: true });
  clock.advance(1);
  expect(await readCart(path)).toMatchObject({ checkoutId, isCheckedOut: false });
  const { status, body } = await change(path, variantId);
  expect(status).toBe(200);
  expect(body).not.toHaveProperty('checkoutId');
  expect(body.isCheckedOut).toBe(false);
});

test('a cart whose orders have lapsed can be checked out again, and its checkout gets the last units', async () => {
  const { cartId, orderIds } = await givenPlaced({ onHand: 2 });
  clock.advance(TTL_MS);
  const { status, body } = await post(cartId);
  expect(status).toBe(202);
  expect((await settleCheckouts(api.context.ledger, [body.id]))[0]?.status).toBe('placed');
  const lapsed = orderIds.find((id) => id.endsWith(api.shopA.shopId.slice('shp_'.length)));
  expect(await api.shopB.get(`/v1/orders/${lapsed}`)).toMatchObject({
    body: { status: 'expired' },
  });
});

test('a released cart can be acknowledged and reviewed, and repeats of its checkout get the same response', async () => {
  const { path, cartId, checkoutId, orderIds } = await givenPlaced();
  for (const orderId of orderIds) await cancel(orderId);
  expect((await api.shopB.post(`${path}/acknowledge`)).status).toBe(200);
  expect((await api.shopB.post('/v1/checkouts/review', { cartId })).status).toBe(200);
  expect(await post(cartId, `first-${cartId}`)).toMatchObject({
    ...{ status: 202, body: { id: checkoutId } },
  });
  expect((await api.shopB.send('DELETE', path)).status).toBe(204);
});

test('a confirmed order holds its cart until the storefront or the seller cancels it', async () => {
  const { path, cartId, orderIds } = await givenPlaced();
  const seller = api.shopA;
  const order = orderIds.find((id) => id.endsWith(seller.shopId.slice('shp_'.length)));
  await seller.post(`/v1/orders/${order}/confirm`);
  await cancel(orderIds.find((id) => id !== order));
  expect((await post(cartId)).status).toBe(409);
  await cancel(order, seller);
  expect(await readCart(path)).toMatchObject({ isCheckedOut: false });
  expect((await post(cartId)).status).toBe(202);
});

test('exactly one of many concurrent checkouts of a released cart is accepted, across two processes', async () => {
  const { cartId, checkoutId, orderIds } = await givenPlaced();
  for (const orderId of orderIds) await cancel(orderId);
  const elsewhere = { ...api.shopB, ...apiClient(otherApi.url, api.shopB.apiKey) };
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      post(cartId, undefined, index % 2 === 0 ? api.shopB : elsewhere),
    ),
  );
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted).toHaveLength(1);
  const [{ body: { id = '' } = {} } = {}] = accepted;
  expect(id).not.toBe(checkoutId);
  for (const { status, body } of answers) {
    if (status !== 202) {
      expect([status, body.code, body.checkoutId]).toEqual([409, 'cart_checked_out', id]);
    }
  }
  expect(await api.context.store.checkouts.countDocuments({ cartId })).toBe(2);
});
