import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { type ApiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type GivenProduct, givenForSale } from '../testing/requests.ts';
import { type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface Resource {
  readonly id: string;
}
interface Page {
  readonly items: readonly Resource[];
}

const namespace = testNamespace();
let api: TestApi;
/** The shop of the storefront, with a session of its owner. */
let owner: GivenSeller;
let product: GivenProduct;
/** A key that a test deletes, and another key of the same shop. */
let leaked: TestShop;
let other: TestShop;
let requests = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  owner = await givenSeller(api);
  product = await givenForSale(api.shopA, { onHand: 1_000 });
});
afterAll(() => api.close());

beforeEach(async () => {
  const shop = { ...api.shopB, shopId: owner.shopId };
  leaked = await api.withScopes(shop, SCOPES);
  other = await api.withScopes(shop, SCOPES);
});

const lines = () => [{ variantId: product.variantId, quantity: 1 }];

async function post(client: ApiClient, body: object): Promise<string> {
  requests += 1;
  const headers = { 'idempotency-key': `request-${requests}` };
  const answer = await client.post<Resource>('/v1/checkouts', body, headers);
  expect(answer.status).toBe(202);
  return answer.body.id;
}

async function place(client: ApiClient, buyerId: string): Promise<{ id: string; order: string }> {
  const id = await post(client, { buyerId, lines: lines() });
  const [settled] = await settleCheckouts(api.context.ledger, [id]);
  return { id, order: settled?.orderIds[0] ?? '' };
}

async function cartOf(client: ApiClient, buyerId: string): Promise<string> {
  return (await client.post<Resource>('/v1/carts', { buyerId, lines: lines() })).body.id;
}

async function buyer(of: TestShop, buyerId: string): Promise<ApiClient> {
  const { body } = await of.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  return tokenClient(api.url, body.token);
}

async function listed(client: ApiClient, path: string): Promise<readonly string[]> {
  return (await client.get<Page>(path)).body.items.map(({ id }) => id);
}

test('another key of the shop can use the carts, checkouts and orders of a deleted key', async () => {
  const cartId = await cartOf(leaked, 'ana');
  const queued = await post(leaked, { buyerId: 'ana', lines: lines() });
  const { id, order } = await place(leaked, 'ana');
  expect((await owner.send('DELETE', `/v1/api-keys/${leaked.keyId}`)).status).toBe(204);
  expect((await leaked.get(`/v1/carts/${cartId}`)).status).toBe(401);

  expect(await listed(other, '/v1/carts?buyerId=ana')).toContain(cartId);
  const line = `/v1/carts/${cartId}/lines/${product.variantId}`;
  expect((await other.send('PUT', line, { quantity: 2 })).status).toBe(200);
  await post(other, { cartId });
  expect(await other.get(`/v1/checkouts/${id}`)).toMatchObject({ body: { status: 'placed' } });
  const stream = await fetch(`${api.url}/v1/checkouts/${id}/events`, {
    headers: { 'x-api-key': other.apiKey },
  });
  expect(await stream.text()).toContain('"placed"');
  expect(await other.post(`/v1/checkouts/${queued}/withdraw`)).toMatchObject({
    body: { status: 'rejected' },
  });
  expect(await listed(other, `/v1/orders?checkoutId=${id}`)).toEqual([order]);
  expect(await other.post(`/v1/orders/${order}/cancel`, { reason: 'leaked' })).toMatchObject({
    body: { status: 'cancelled' },
  });
});

test('the shop itself sees the orders that its keys made', async () => {
  const { order } = await place(leaked, 'ana');
  expect((await owner.get(`/v1/orders/${order}`)).status).toBe(200);
  expect(await listed(owner, '/v1/orders')).toContain(order);
});

test('a buyer reaches its carts, checkouts and orders through any key of the shop', async () => {
  const [by, byOther] = [await buyer(leaked, 'bea'), await buyer(other, 'bea')];
  const cartId = await cartOf(by, 'bea');
  const { id, order } = await place(by, 'bea');
  await owner.send('DELETE', `/v1/api-keys/${leaked.keyId}`);
  expect((await byOther.get(`/v1/carts/${cartId}`)).status).toBe(200);
  expect((await byOther.get(`/v1/checkouts/${id}`)).status).toBe(200);
  expect(await listed(byOther, '/v1/orders')).toEqual([order]);
  const cancelled = await byOther.post(`/v1/orders/${order}/cancel`, { reason: 'mine' });
  expect(cancelled.status).toBe(200);
});

test('another shop, and its buyer with the same id, cannot find the resources of this shop', async () => {
  const cartId = await cartOf(leaked, 'cara');
  const { id, order } = await place(leaked, 'cara');
  for (const stranger of [api.shopB, await buyer(api.shopB, 'cara'), await buyer(other, 'dan')]) {
    for (const path of [`/v1/carts/${cartId}`, `/v1/checkouts/${id}`, `/v1/orders/${order}`]) {
      expect([path, (await stranger.get(path)).status]).toEqual([path, 404]);
    }
    expect(await listed(stranger, '/v1/carts')).not.toContain(cartId);
    expect(await listed(stranger, '/v1/orders')).not.toContain(order);
  }
  // The seller sees only the order that it sells.
  expect((await api.shopA.get(`/v1/orders/${order}`)).status).toBe(200);
  expect((await api.shopA.get(`/v1/checkouts/${id}`)).status).toBe(404);
});
