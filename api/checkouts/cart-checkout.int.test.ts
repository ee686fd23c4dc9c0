import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../shared/testing/manual-clock.ts';
import { givenCart, putLine, type ShownCart } from '../carts/testing/shown-cart.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;
let keys = 0;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

interface Answered {
  readonly id: string;
  readonly code?: string;
  readonly checkoutId?: string;
  readonly cartId?: string;
  readonly total: number;
  readonly errors?: readonly { readonly path: string }[];
}

const newKey = () => {
  keys += 1;
  return `key-${keys}`;
};
const post = (body: object, key = newKey()) =>
  api.shopB.post<Answered>('/v1/checkouts', body, { 'idempotency-key': key });
const toCartId = (path: string) => path.slice('/v1/carts/'.length);
const settle = async (id: string) => (await settleCheckouts(api.context.ledger, [id]))[0]?.status;

async function givenFilled({ onHand = 10, quantity = 2 } = {}) {
  const { variantId, productId } = await givenForSale(api.shopA, { onHand });
  const path = await givenCart(api.shopB, [{ variantId, quantity }], 'ana');
  return { variantId, productId, path, cartId: toCartId(path) };
}

test('a checkout has the lines and buyer of its cart, and the cart names the checkout', async () => {
  const { path, cartId, variantId } = await givenFilled();
  const { status, body } = await post({ cartId, expectedTotal: 9_800 });
  expect(status).toBe(202);
  expect(body).toMatchObject({ status: 'queued', buyerId: 'ana', cartId, total: 9_800 });
  const readCart = async () => (await api.shopB.get<ShownCart>(path)).body;
  expect(await readCart()).toMatchObject({ checkoutId: body.id, checkoutStatus: 'queued' });
  expect(await settle(body.id)).toBe('placed');
  expect(await readCart()).toMatchObject({
    ...{ checkoutId: body.id, checkoutStatus: 'placed', lines: [{ variantId, quantity: 2 }] },
  });
  const checkout = await api.shopB.get(`/v1/checkouts/${body.id}`);
  expect(checkout.body).toMatchObject({ status: 'placed', cartId, orders: [{ total: 9_800 }] });
  expect(await api.context.store.orders.countDocuments({ checkoutId: body.id })).toBe(1);
});

test('a checked-out cart refuses changes and names its checkout', async () => {
  const { path, cartId, variantId } = await givenFilled();
  const { body: first } = await post({ cartId });
  const expectRefusals = async (checkoutStatus: string) => {
    for (const answer of [
      await putLine(api.shopB, path, variantId, 1),
      await api.shopB.post(`${path}/lines`, { variantId, quantity: 1 }),
      await api.shopB.send('DELETE', `${path}/lines/${variantId}`),
      await api.shopB.post(`${path}/acknowledge`),
      await post({ cartId }),
      await post({ cartId, expectedTotal: 1 }),
      await api.shopB.post('/v1/checkouts/review', { cartId }),
    ]) {
      const body = { code: 'cart_checked_out', checkoutId: first.id, checkoutStatus };
      expect(answer).toMatchObject({ status: 409, body });
    }
  };
  await expectRefusals('queued');
  await settle(first.id);
  await expectRefusals('placed');
  // The cart can still be deleted; its checkout is not affected.
  expect((await api.shopB.send('DELETE', path)).status).toBe(204);
  expect((await post({ cartId })).status).toBe(404);
});

test('after a rejection a cart can be changed, and checked out again', async () => {
  const { path, cartId, variantId } = await givenFilled({ onHand: 1, quantity: 2 });
  const { body: first } = await post({ cartId });
  expect(await settle(first.id)).toBe('rejected');
  const after = await api.shopB.get<ShownCart>(path);
  expect(after.body).toMatchObject({ checkoutId: first.id, checkoutStatus: 'rejected' });
  // The unchanged cart can be checked out again, and is rejected again.
  const { body: second } = await post({ cartId });
  expect([second.id === first.id, await settle(second.id)]).toEqual([false, 'rejected']);
  const changed = await putLine(api.shopB, path, variantId, 1);
  expect([changed.status, changed.body]).toEqual([
    200,
    expect.not.objectContaining({ checkoutId: expect.anything() }),
  ]);
  const { body: third } = await post({ cartId });
  expect(await settle(third.id)).toBe('placed');
  expect(await post({ cartId })).toMatchObject({
    ...{ status: 409, body: { code: 'cart_checked_out', checkoutId: third.id } },
  });
  expect(await api.context.store.checkouts.countDocuments({ cartId })).toBe(3);
});

test('withdrawing a checkout releases its cart', async () => {
  const { path, cartId, variantId } = await givenFilled();
  const { body: first } = await post({ cartId });
  expect((await api.shopB.post(`/v1/checkouts/${first.id}/withdraw`)).status).toBe(200);
  expect((await putLine(api.shopB, path, variantId, 1)).status).toBe(200);
  const { body: second } = await post({ cartId });
  expect(await settle(second.id)).toBe('placed');
});

test('a repeat gets the first response, whatever has happened to the cart', async () => {
  const { path, cartId, variantId } = await givenFilled({ onHand: 1, quantity: 2 });
  const body = { cartId, expectedTotal: 9_800 };
  const first = await post(body, 'repeated');
  const repeat = async () =>
    expect(await post(body, 'repeated')).toMatchObject({ status: 202, body: first.body });
  await repeat();
  expect(await settle(first.body.id)).toBe('rejected');
  await repeat();
  await putLine(api.shopB, path, variantId, 1);
  await repeat();
  const next = await post({ cartId });
  expect(next.status).toBe(202);
  await repeat();
  expect((await post({ cartId, expectedTotal: 1 }, 'repeated')).body.code).toBe(
    'idempotency_key_reused',
  );
  await api.shopB.send('DELETE', path);
  await repeat();
  expect((await post({ ...body, cartId: 'crt_another' }, 'repeated')).body.code).toBe(
    'idempotency_key_reused',
  );
  expect(await api.context.store.checkouts.countDocuments({ cartId })).toBe(2);
});

test('a repeat does not change its cart', async () => {
  const { path, cartId } = await givenFilled({ onHand: 1, quantity: 2 });
  const first = await post({ cartId }, 'untouched');
  await settle(first.body.id);
  const before = await api.shopB.get<ShownCart>(path);
  expect((await post({ cartId }, 'untouched')).body).toEqual(first.body);
  const after = await api.shopB.get<ShownCart>(path);
  expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
});

test('after a day the key is released, but the cart is not', async () => {
  const { cartId } = await givenFilled();
  const first = await post({ cartId }, 'of-yesterday');
  clock.advance(DAY_MS + 1);
  expect(await post({ cartId }, 'of-yesterday')).toMatchObject({
    ...{ status: 409, body: { code: 'cart_checked_out', checkoutId: first.body.id } },
  });
});

test.each<[string, (cartId: string) => object, number, string, string]>([
  [
    'a cart and lines',
    (cartId) => ({ cartId, lines: [{ variantId: 'v', quantity: 1 }] }),
    400,
    'invalid_request',
    'cartId',
  ],
  ['neither cart nor lines', () => ({ buyerId: 'ana' }), 400, 'invalid_request', 'lines'],
  ['a cart that is a number', () => ({ cartId: 7 }), 400, 'invalid_request', 'cartId'],
  ['an empty cart id', () => ({ cartId: '' }), 400, 'invalid_request', 'cartId'],
  ['an overlong cart id', () => ({ cartId: 'c'.repeat(65) }), 400, 'invalid_request', 'cartId'],
  [
    'a buyer other than its cart’s',
    (cartId) => ({ cartId, buyerId: 'ben' }),
    400,
    'invalid_request',
    'buyerId',
  ],
])('a checkout with %s is refused', async (_, toBody, status, code, field) => {
  const { cartId, path } = await givenFilled();
  for (const route of ['/v1/checkouts', '/v1/checkouts/review']) {
    const headers = { 'idempotency-key': newKey() };
    const answer = await api.shopB.post(route, toBody(cartId), headers);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.errors?.map((error) => error.path)).toContain(field);
  }
  expect((await api.shopB.get<ShownCart>(path)).body).not.toHaveProperty('checkoutId');
});

test('empty, expired and unknown carts cannot be checked out', async () => {
  const empty = toCartId(await givenCart(api.shopB));
  expect(await post({ cartId: empty })).toMatchObject({
    ...{ status: 422, body: { code: 'cart_empty', errors: [{ path: 'cartId' }] } },
  });
  const { cartId } = await givenFilled();
  clock.advance(30 * DAY_MS);
  for (const goneCartId of [cartId, 'crt_never']) {
    expect(await post({ cartId: goneCartId })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  }
});
