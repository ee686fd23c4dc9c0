import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { type ApiClient, apiClient, tokenClient } from '../../../shared/testing/api-client.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../../shared/testing/manual-clock.ts';
import { givenForSale, productRequest } from '../../testing/requests.ts';
import { auditOf, givenSeller } from '../../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../../testing/start-test-api.ts';
import { ApiKeyCache } from '../api-key-cache.ts';

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;
let storefront: TestShop;
let variantId: string;
let posted = 0;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
  storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:write']);
  ({ variantId } = await givenForSale(api.shopA, { onHand: 1_000 }));
});
afterAll(() => api.close());

interface Minted {
  readonly token: string;
  readonly expiresIn: number;
}

interface GivenKey {
  readonly id: string;
  readonly apiKey: string;
}

async function mint(body: Record<string, unknown>, by: TestShop = storefront): Promise<Minted> {
  const answer = await by.post<Minted>('/v1/buyer-tokens', body);
  if (answer.status !== 201) throw new Error(`POST /v1/buyer-tokens returned ${answer.status}`);
  return answer.body;
}

async function givenBuyer(buyerId: string, by?: TestShop): Promise<ApiClient> {
  return tokenClient(api.url, (await mint({ buyerId }, by)).token);
}

function post(client: ApiClient, body: Record<string, unknown> = {}, key?: string) {
  posted += 1;
  const headers = { 'idempotency-key': key ?? `buyers-${posted}` };
  return client.post('/v1/checkouts', { lines: [{ variantId, quantity: 1 }], ...body }, headers);
}

async function buy(client: ApiClient, body: Record<string, unknown> = {}) {
  const { status, body: accepted } = await post(client, body);
  if (status !== 202) throw new Error(`POST /v1/checkouts returned ${status}`);
  const [settled] = await settleCheckouts(api.context.ledger, [accepted.id]);
  if (settled?.status !== 'placed') throw new Error('the checkout was not placed');
  return { checkoutId: accepted.id, orderId: settled.orderIds[0] ?? '' };
}

test('a key creates a token for one buyer with the requested lifetime, or 15 minutes by default', async () => {
  const { status, body, headers } = await storefront.post<Minted>('/v1/buyer-tokens', {
    buyerId: 'ana',
    ttlSeconds: 30,
  });
  expect(status).toBe(201);
  expect(body).toEqual({ token: expect.any(String), expiresIn: 30 });
  expect(headers.get('cache-control')).toBe('no-store');
  const ana = tokenClient(api.url, body.token);
  expect((await ana.get('/v1/orders')).status).toBe(200);
  clock.advance(31_000);
  expect((await ana.get('/v1/orders')).status).toBe(401);
  expect((await mint({ buyerId: 'ana' })).expiresIn).toBe(900);
});

test.each([
  ['no buyer', {}],
  ['an empty buyer', { buyerId: '' }],
  ['a query operator as buyer', { buyerId: { $ne: '' } }],
  ['a very long buyer', { buyerId: 'x'.repeat(129) }],
  ['a lifetime of 0', { buyerId: 'ana', ttlSeconds: 0 }],
  ['a lifetime of a day', { buyerId: 'ana', ttlSeconds: 86_400 }],
  ['an unknown field', { buyerId: 'ana', scopes: ['catalog:write'] }],
])('creating a buyer token with %s is refused', async (_, body) => {
  expect((await storefront.post('/v1/buyer-tokens', body)).status).toBe(400);
});

test('only keys that may check out can create buyer tokens', async () => {
  const reader = await api.withScopes(api.shopB, ['catalog:read', 'orders:write']);
  const body = { buyerId: 'ana' };
  expect(await reader.post('/v1/buyer-tokens', body)).toMatchObject({
    status: 403,
    body: { scope: 'checkouts:write' },
  });
  const seller = await givenSeller(api);
  expect((await seller.post('/v1/buyer-tokens', body)).status).toBe(403);
  const buyer = await givenBuyer('ana');
  expect((await buyer.post('/v1/buyer-tokens', { buyerId: 'bob' })).status).toBe(403);
  expect((await api.anonymous.post('/v1/buyer-tokens', body)).status).toBe(401);
});

test('a buyer token is refused within five seconds after its key is revoked', async () => {
  const key = await api.withScopes(api.shopB, ['checkouts:write']);
  const ana = await givenBuyer('ana', key);
  expect((await ana.get('/v1/orders')).status).toBe(200);
  const revoked = { $set: { revokedAt: new Date() } };
  await api.context.store.apiKeys.updateOne({ _id: key.keyId }, revoked);
  clock.advance(5_000);
  expect((await ana.get('/v1/orders')).status).toBe(401);
});

test('a buyer token is refused when the secret that created it stops working after a rotation', async () => {
  const seller = await givenSeller(api);
  const request = { name: 'storefront', scopes: ['checkouts:write'] };
  const { body: first } = await seller.post<GivenKey>('/v1/api-keys', request);
  const rotate = async (graceSeconds: number) => {
    const path = `/v1/api-keys/${first.id}/rotate`;
    return (await seller.post<GivenKey>(path, { graceSeconds })).body;
  };
  const buyerOf = async ({ apiKey }: GivenKey) => {
    const body = { buyerId: 'ana', ttlSeconds: 3_600 };
    const minted = await apiClient(api.url, apiKey).post<Minted>('/v1/buyer-tokens', body);
    return tokenClient(api.url, minted.body.token);
  };
  const early = await buyerOf(first);
  const second = await rotate(60);
  // A thief could otherwise use the grace period to create tokens that outlive it.
  const late = await buyerOf(first);
  const current = await buyerOf(second);
  const statuses = async () => {
    const answers = [early, late, current].map((buyer) => buyer.get('/v1/orders'));
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  expect(await statuses()).toEqual([200, 200, 200]);
  clock.advance(61_000);
  expect(await statuses()).toEqual([401, 401, 200]);
  const third = await rotate(0);
  expect(await statuses()).toEqual([401, 401, 401]);
  expect((await (await buyerOf(third)).get('/v1/orders')).status).toBe(200);
});

test('a rotation without a grace period ends the old secret also where the clock is behind', async () => {
  const behind = manualClock(new Date(clock.now().getTime() - 30_000));
  const { secrets } = api.context.config;
  const otherApi = await startTestApi(namespace, { clock: behind, secrets });
  try {
    const seller = await givenSeller(api);
    const request = { name: 'storefront', scopes: ['checkouts:write'] };
    const { body: key } = await seller.post<GivenKey>('/v1/api-keys', request);
    const rotated = await seller.post(`/v1/api-keys/${key.id}/rotate`, { graceSeconds: 0 });
    expect(rotated.body).not.toHaveProperty('previousUntil');
    expect((await apiClient(otherApi.url, key.apiKey).get('/v1/products')).status).toBe(401);
  } finally {
    await otherApi.close();
  }
});

describe('a buyer', () => {
  test('checks out for itself, with or without its id, and for no other buyer', async () => {
    const ana = await givenBuyer('ana');
    const unnamed = await post(ana, {}, 'for-ana');
    expect(unnamed).toMatchObject({ status: 202, body: { buyerId: 'ana' } });
    expect((await post(ana, { buyerId: 'ana' }, 'for-ana')).body.id).toBe(unnamed.body.id);
    expect(await post(ana, { buyerId: 'bob' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden', errors: [{ path: 'buyerId' }] },
    });
    expect(await post(storefront)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'buyerId' }] },
    });
  });

  test('has its own idempotency keys', async () => {
    const [ana, bob] = [await givenBuyer('ana'), await givenBuyer('bob')];
    const answers = [
      await post(ana, {}, 'shared'),
      await post(bob, {}, 'shared'),
      await post(storefront, { buyerId: 'ana' }, 'shared'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(3);
  });

  test('sees only its own resources, not those of another buyer or of a buyer with the same id at another storefront', async () => {
    const [ana, bob] = [await givenBuyer('ana-sees'), await givenBuyer('bob-sees')];
    const own = await buy(ana);
    const forAna = await buy(storefront, { buyerId: 'ana-sees' });
    const bobsCheckout = await buy(bob);
    const sameIdElsewhere = await buy(api.shopA, { buyerId: 'ana-sees' });
    for (const { checkoutId, orderId } of [own, forAna]) {
      expect((await ana.get(`/v1/checkouts/${checkoutId}`)).status).toBe(200);
      expect((await ana.get(`/v1/orders/${orderId}`)).status).toBe(200);
    }
    for (const { checkoutId, orderId } of [bobsCheckout, sameIdElsewhere]) {
      for (const path of [`checkouts/${checkoutId}`, `checkouts/${checkoutId}/events`]) {
        expect((await ana.get(`/v1/${path}`)).status).toBe(404);
      }
      expect((await ana.get(`/v1/orders/${orderId}`)).status).toBe(404);
      const cancel = ana.post(`/v1/orders/${orderId}/cancel`, { reason: 'not mine' });
      expect((await cancel).status).toBe(404);
    }
    const listed = async (query: string) => {
      const { body } = await ana.get<{ items: readonly { id: string }[] }>(`/v1/orders${query}`);
      return body.items.map(({ id }) => id).toSorted();
    };
    const mine = [own.orderId, forAna.orderId].toSorted();
    expect(await listed('')).toEqual(mine);
    expect(await listed('?buyerId=ana-sees')).toEqual(mine);
    expect(await listed('?buyerId=bob-sees')).toEqual([]);
    // A buyer whose token the seller's key issued does not see what that shop sells either.
    const eve = await givenBuyer('eve', api.shopA);
    expect((await eve.get<{ items: [] }>('/v1/orders')).body.items).toEqual([]);
    expect((await eve.get(`/v1/orders/${own.orderId}`)).status).toBe(404);
  });

  test('sees no drafts, not even those of the shop whose key issued the token', async () => {
    const { body } = await api.shopA.post('/v1/products', productRequest());
    const ana = await givenBuyer('ana', api.shopA);
    expect((await ana.get(`/v1/products/${body.id}`)).status).toBe(404);
    await api.shopA.post(`/v1/products/${body.id}/publish`);
    expect((await ana.get(`/v1/products/${body.id}`)).status).toBe(200);
  });

  test('cancels its pending order, which adds an audit entry', async () => {
    const ana = await givenBuyer('ana');
    const seller = await givenSeller(api);
    const product = await seller.post<{ id: string; variants: [{ id: string }] }>(
      '/v1/products',
      productRequest(),
    );
    const ownVariant = product.body.variants[0].id;
    const stock = `/v1/inventory/${ownVariant}`;
    await seller.post(`${stock}/adjustments`, { set: 5, reason: 'delivery' });
    await seller.post(`/v1/products/${product.body.id}/publish`);
    clock.advance(2_000);
    const { orderId } = await buy(ana, { lines: [{ variantId: ownVariant, quantity: 2 }] });
    const path = `/v1/orders/${orderId}/cancel`;
    const cancelled = { status: 200, body: { status: 'cancelled' } };
    expect(await ana.post(path, { reason: 'too slow' })).toMatchObject(cancelled);
    expect(await ana.post(path, { reason: 'again' })).toMatchObject(cancelled);
    expect((await seller.get(stock)).body).toMatchObject({ onHand: 5, reserved: 0 });
    const moves = (await auditOf(seller)).filter(({ action }) => action === 'order.moved');
    expect(moves).toEqual([
      expect.objectContaining({
        actor: { kind: 'buyer', id: 'ana' },
        target: orderId,
        // A reason that a buyer wrote is stored only in the order, where it can be erased.
        detail: { move: 'cancel' },
      }),
    ]);
    const { body: order } = await seller.get<{ history: readonly { actor: string }[] }>(
      `/v1/orders/${orderId}`,
    );
    expect(order.history.at(-1)).toMatchObject({ actor: 'buyer:ana', reason: 'too slow' });
    const { body: movements } = await seller.get<{ items: readonly object[] }>(
      `${stock}/movements`,
    );
    expect(movements.items[0]).toMatchObject({ kind: 'cancel', actor: 'buyer:ana' });
  });

  test('cannot cancel a confirmed order, even in a race with the confirmation, and cannot confirm, ship or deliver an order', async () => {
    const ana = await givenBuyer('ana');
    for (let race = 0; race < 20; race += 1) {
      const { orderId } = await buy(ana);
      const path = `/v1/orders/${orderId}`;
      const [confirmed, cancelled] = await Promise.all([
        api.shopA.post(`${path}/confirm`),
        ana.post(`${path}/cancel`, { reason: 'race' }),
      ]);
      const { body } = await ana.get(path);
      const winner = confirmed.status === 200 ? 'confirmed' : 'cancelled';
      expect(body).toMatchObject({ status: winner });
      expect([confirmed.status, cancelled.status].toSorted()).toEqual([200, 409]);
    }
    const { orderId } = await buy(ana);
    for (const move of ['confirm', 'ship', 'deliver']) {
      expect((await ana.post(`/v1/orders/${orderId}/${move}`)).status).toBe(403);
    }
    await api.shopA.post(`/v1/orders/${orderId}/confirm`);
    expect(await ana.post(`/v1/orders/${orderId}/cancel`, { reason: 'late' })).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', from: 'confirmed' },
    });
    // The storefront's key cannot cancel the confirmed order either, but the seller's key can.
    const path = `/v1/orders/${orderId}/cancel`;
    expect((await storefront.post(path, { reason: 'late' })).status).toBe(409);
    expect((await api.shopA.post(path, { reason: 'late' })).status).toBe(200);
  });
});

test('a process that has cached the key accepts a token of a rotation by another process at once', async () => {
  const { store } = api.context;
  const { keyId } = await api.withScopes(api.shopB, ['checkouts:write']);
  const cache = new ApiKeyCache(store, clock);
  expect(await cache.findIssuer(keyId, 0)).toMatchObject({ generation: 0 });
  await store.apiKeys.updateOne({ _id: keyId }, { $set: { generation: 1 } });
  expect(await cache.findIssuer(keyId, 1)).toMatchObject({ generation: 1 });
  expect(await cache.findIssuer(keyId, 2)).toBeUndefined();
});
