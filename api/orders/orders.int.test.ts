import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly trackingReference: string;
  readonly history: readonly { readonly status: string; readonly reason?: string }[];
}

interface Page {
  readonly items: readonly ShownOrder[];
  readonly nextCursor: string | null;
}

const namespace = testNamespace();
let api: TestApi;
/** A storefront of shop B that buys from shop A. */
let storefront: TestShop;

beforeAll(async () => {
  api = await startTestApi(namespace);
  storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:write']);
});
afterAll(() => api.close());

async function givenOrder(options?: { buyerId?: string; onHand?: number }): Promise<{
  readonly id: string;
  readonly checkoutId: string;
  readonly variantId: string;
  readonly productId: string;
}> {
  const { variantId, productId } = await givenForSale(api.shopA, options);
  const { orderIds, checkoutId } = await givenOrders(api, storefront, [variantId], options);
  return { id: orderIds[0] ?? '', checkoutId, variantId, productId };
}

async function readStock(variantId: string): Promise<object> {
  return (await api.shopA.get<object>(`/v1/inventory/${variantId}`)).body;
}

test('the storefront that placed an order and the shop that sells it see it, and other shops do not', async () => {
  const { id, checkoutId, variantId, productId } = await givenOrder();
  const seen = await storefront.get<ShownOrder>(`/v1/orders/${id}`);
  expect(seen.status).toBe(200);
  expect(seen.body).toEqual({
    id,
    checkoutId,
    shopId: api.shopA.shopId,
    buyerId: 'buyer-1',
    status: 'pending',
    lines: [
      {
        variantId,
        productId,
        sku: expect.any(String),
        title: 'Linen shirt, Size M',
        quantity: 2,
        unitPrice: 4_900,
      },
    ],
    subtotal: 9_800,
    discount: 0,
    total: 9_800,
    currency: 'GBP',
    trackingReference: expect.stringMatching(/^LU(-[0-9A-Z]{5}){4}$/),
    ownReference: seen.body.trackingReference,
    placedAt: expect.stringMatching(/Z$/),
    reservedUntil: expect.stringMatching(/Z$/),
    history: [{ at: expect.any(String), status: 'pending', actor: storefront.keyId }],
  });
  expect((await api.shopA.get(`/v1/orders/${id}`)).body).toEqual(seen.body);
  const stranger = await api.newShop();
  const hidden = await stranger.get(`/v1/orders/${id}`);
  expect(hidden).toMatchObject({ status: 404, body: { code: 'not_found' } });
  const missing = await stranger.get('/v1/orders/ord_unknown');
  expect(missing.body.detail).toBe(hidden.body.detail);
});

test('an order passes all statuses, and each move can be repeated', async () => {
  const { id, variantId } = await givenOrder({ onHand: 5 });
  const steps = [
    ['confirm', 'confirmed'],
    ['ship', 'shipped'],
    ['deliver', 'delivered'],
  ] as const;
  for (const [move, status] of steps) {
    const first = await api.shopA.post<ShownOrder>(`/v1/orders/${id}/${move}`);
    expect(first).toMatchObject({ status: 200, body: { id, status } });
    const again = await api.shopA.post<ShownOrder>(`/v1/orders/${id}/${move}`);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(first.body.history.at(-1)).toMatchObject({ status, actor: api.shopA.keyId });
  }
  expect(await readStock(variantId)).toMatchObject({
    onHand: 3,
    reserved: 0,
    available: 3,
    sold: 2,
  });
});

test('cancelling a pending order frees its units, and can be repeated', async () => {
  const { id, variantId } = await givenOrder({ onHand: 5 });
  expect(await readStock(variantId)).toMatchObject({
    onHand: 5,
    reserved: 2,
    available: 3,
    sold: 0,
  });
  const path = `/v1/orders/${id}/cancel`;
  const first = await storefront.post<ShownOrder>(path, { reason: ' changed my mind ' });
  expect(first).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  expect(first.body.history.at(-1)).toMatchObject({ reason: 'changed my mind' });
  const again = await api.shopA.post<ShownOrder>(path, { reason: 'another' });
  expect(again).toMatchObject({ status: 200, body: first.body });
  expect(await readStock(variantId)).toMatchObject({
    onHand: 5,
    reserved: 0,
    available: 5,
    sold: 0,
  });
});

test('cancelling a confirmed order puts its units back', async () => {
  const { id, variantId } = await givenOrder({ onHand: 5 });
  await api.shopA.post(`/v1/orders/${id}/confirm`);
  await api.shopA.post(`/v1/orders/${id}/cancel`, { reason: 'damaged' });
  expect(await readStock(variantId)).toMatchObject({
    onHand: 5,
    reserved: 0,
    available: 5,
    sold: 0,
  });
});

test('an order with an unknown status cannot be moved, and its units are not put back', async () => {
  const { id, variantId } = await givenOrder({ onHand: 5 });
  await rawCollection(api.context.store, 'orders').updateOne(
    { _id: id },
    { $set: { status: 'mislaid' } },
  );
  const before = await readStock(variantId);
  for (const move of ['cancel', 'confirm', 'ship', 'deliver']) {
    const body = move === 'cancel' ? { reason: 'x' } : undefined;
    const answer = await api.shopA.post(`/v1/orders/${id}/${move}`, body);
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', from: 'mislaid' },
    });
  }
  expect(await readStock(variantId)).toEqual(before);
  expect(await api.context.store.movements.countDocuments({ reference: id })).toBe(0);
});

test('after many concurrent confirmations and cancellations an order is cancelled, and its units are back', async () => {
  const { id, variantId } = await givenOrder({ onHand: 5 });
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? api.shopA.post(`/v1/orders/${id}/confirm`)
        : api.shopA.post(`/v1/orders/${id}/cancel`, { reason: 'race' }),
    ),
  );
  const { body } = await api.shopA.get<ShownOrder>(`/v1/orders/${id}`);
  // A confirmed order can still be cancelled, a cancelled one never confirmed.
  expect(body.status).toBe('cancelled');
  expect(await readStock(variantId)).toMatchObject({ onHand: 5, reserved: 0, sold: 0 });
});

test.each([
  ['pending', [], 'ship'],
  ['pending', [], 'deliver'],
  ['confirmed', ['confirm'], 'deliver'],
  ['shipped', ['confirm', 'ship'], 'confirm'],
  ['shipped', ['confirm', 'ship'], 'cancel'],
  ['delivered', ['confirm', 'ship', 'deliver'], 'cancel'],
  ['cancelled', ['cancel'], 'confirm'],
  ['cancelled', ['cancel'], 'ship'],
])('an order that is %s after [%s] cannot %s', async (from, earlier, move) => {
  const { id, variantId } = await givenOrder();
  const post = (name: string) =>
    api.shopA.post(`/v1/orders/${id}/${name}`, name === 'cancel' ? { reason: 'x' } : undefined);
  for (const name of earlier) expect((await post(name)).status).toBe(200);
  const before = await readStock(variantId);
  expect(await post(move)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', from, move },
  });
  expect(await readStock(variantId)).toEqual(before);
});

test.each([
  ['no body', undefined, 400],
  ['no reason', {}, 400],
  ['a blank reason', { reason: ' ' }, 400],
  ['a long reason', { reason: 'x'.repeat(201) }, 400],
  ['a MongoDB operator', { reason: { $gt: '' } }, 400],
  ['an unknown field', { reason: 'x', refund: true }, 400],
])('cancelling with %s is refused', async (_, body, status) => {
  const { id } = await givenOrder();
  expect((await storefront.post(`/v1/orders/${id}/cancel`, body)).status).toBe(status);
  expect((await storefront.get(`/v1/orders/${id}`)).body).toMatchObject({ status: 'pending' });
});

test.each(['confirm', 'ship', 'deliver', 'cancel'])(
  'strangers cannot %s an order',
  async (move) => {
    const { id } = await givenOrder();
    const body = move === 'cancel' ? { reason: 'mine now' } : undefined;
    const stranger = await api.newShop();
    const answer = await stranger.post(`/v1/orders/${id}/${move}`, body);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.shopA.get(`/v1/orders/${id}`)).body).toMatchObject({ status: 'pending' });
  },
);

test('lists are newest first, in pages, and show only the caller’s orders', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 100 });
  const buyer = await api.newShop();
  const foreign = await givenForSale(buyer);
  const placed: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const { orderIds } = await givenOrders(api, buyer, [variantId], { buyerId: `b-${count % 2}` });
    placed.unshift(...orderIds);
  }
  const other = await givenOrders(api, api.shopA, [foreign.variantId]);
  const pages = async (client: TestShop, path: string) => {
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { body }: { body: Page } = await client.get<Page>(
        `${path}${next && `&cursor=${next}`}`,
      );
      seen.push(...body.items.map((item) => item.id));
      next = body.nextCursor;
    }
    return seen;
  };
  // The storefront of the new shop placed the `placed` orders, and shop A bought `other` from it.
  const listed = await pages(buyer, '/v1/orders?limit=2');
  expect(listed.toSorted()).toEqual([...placed, ...other.orderIds].toSorted());
  expect(listed).toEqual(listed.toSorted().toReversed());
  expect(await pages(buyer, '/v1/orders?limit=2&buyerId=b-1')).toEqual([placed[1], placed[3]]);
  const sold = await pages(api.shopA, '/v1/orders?limit=100');
  expect(sold).toEqual(expect.arrayContaining([...placed, ...other.orderIds]));
  await api.shopA.post(`/v1/orders/${placed[2]}/confirm`);
  expect(await pages(buyer, '/v1/orders?limit=100&status=confirmed')).toEqual([placed[2]]);
});

test.each([
  ['limit=1000', 'limit'],
  ['status=mislaid', 'status'],
  ['status[$ne]=pending', 'status[$ne]'],
  ['shopId=shp_1', 'shopId'],
])('GET /v1/orders?%s is refused', async (query, path) => {
  expect(await api.shopA.get(`/v1/orders?${query}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path }] },
  });
});

test.each([
  ['get', '/v1/orders', 'orders:read'],
  ['get', '/v1/orders/ord_1', 'orders:read'],
  ['post', '/v1/orders/ord_1/confirm', 'orders:write'],
  ['post', '/v1/orders/ord_1/cancel', 'orders:write'],
  ['post', '/v1/orders/ord_1/ship', 'orders:write'],
  ['post', '/v1/orders/ord_1/deliver', 'orders:write'],
] as const)('%s %s needs a key with %s', async (method, path, scope) => {
  const other = await api.withScopes(api.shopA, ['checkouts:write']);
  expect(await other[method](path)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', scope },
  });
  expect((await api.anonymous[method](path)).status).toBe(401);
});
