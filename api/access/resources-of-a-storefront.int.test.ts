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
/** A key that a test may revoke, and another key of the same shop. */
let leakedKey: TestShop;
let otherKey: TestShop;
let requests = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  owner = await givenSeller(api);
  product = await givenForSale(api.shopA, { onHand: 1_000 });
});
afterAll(() => api.close());

beforeEach(async () => {
  const shop = { ...api.shopB, shopId: owner.shopId };
  leakedKey = await api.withScopes(shop, SCOPES);
  otherKey = await api.withScopes(shop, SCOPES);
});

const lines = () => [{ variantId: product.variantId, quantity: 1 }];

async function postCheckout(client: ApiClient, body: object): Promise<string> {
  requests += 1;
  const headers = { 'idempotency-key': `request-${requests}` };
  const answer = await client.post<Resource>('/v1/checkouts', body, headers);
  expect(answer.status).toBe(202);
  return answer.body.id;
}

async function placeOrder(
  client: ApiClient,
  buyerId: string,
): Promise<{ checkoutId: string; orderId: string }> {
  const checkoutId = await postCheckout(client, { buyerId, lines: lines() });
  const [settled] = await settleCheckouts(api.context.ledger, [checkoutId]);
  return { checkoutId, orderId: settled?.orderIds[0] ?? '' };
}

async function createCart(client: ApiClient, buyerId: string): Promise<string> {
  return (await client.post<Resource>('/v1/carts', { buyerId, lines: lines() })).body.id;
}

async function givenBuyer(of: TestShop, buyerId: string): Promise<ApiClient> {
  const { body } = await of.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  return tokenClient(api.url, body.token);
}

async function listIds(client: ApiClient, path: string): Promise<readonly string[]> {
  return (await client.get<Page>(path)).body.items.map(({ id }) => id);
}

test('another key of the shop can use the carts, checkouts and orders of a revoked key', async () => {
  const cartId = await createCart(leakedKey, 'ana');
  const queuedId = await postCheckout(leakedKey, { buyerId: 'ana', lines: lines() });
  const { checkoutId, orderId } = await placeOrder(leakedKey, 'ana');
  expect((await owner.send('DELETE', `/v1/api-keys/${leakedKey.keyId}`)).status).toBe(204);
  expect((await leakedKey.get(`/v1/carts/${cartId}`)).status).toBe(401);

  expect(await listIds(otherKey, '/v1/carts?buyerId=ana')).toContain(cartId);
  const line = `/v1/carts/${cartId}/lines/${product.variantId}`;
  expect((await otherKey.send('PUT', line, { quantity: 2 })).status).toBe(200);
  await postCheckout(otherKey, { cartId });
  expect(await otherKey.get(`/v1/checkouts/${checkoutId}`)).toMatchObject({
    body: { status: 'placed' },
  });
  const stream = await fetch(`${api.url}/v1/checkouts/${checkoutId}/events`, {
    headers: { 'x-api-key': otherKey.apiKey },
  });
  expect(await stream.text()).toContain('"placed"');
  expect(await otherKey.post(`/v1/checkouts/${queuedId}/withdraw`)).toMatchObject({
    body: { status: 'rejected' },
  });
  expect(await listIds(otherKey, `/v1/orders?checkoutId=${checkoutId}`)).toEqual([orderId]);
  expect(await otherKey.post(`/v1/orders/${orderId}/cancel`, { reason: 'leaked' })).toMatchObject({
    body: { status: 'cancelled' },
  });
});

test('the shop itself sees the orders that its keys placed', async () => {
  const { orderId } = await placeOrder(leakedKey, 'ana');
  expect((await owner.get(`/v1/orders/${orderId}`)).status).toBe(200);
  expect(await listIds(owner, '/v1/orders')).toContain(orderId);
});

test('a buyer can use its carts, checkouts and orders with a token of any key of the shop', async () => {
  const [first, second] = [await givenBuyer(leakedKey, 'bea'), await givenBuyer(otherKey, 'bea')];
  const cartId = await createCart(first, 'bea');
  const { checkoutId, orderId } = await placeOrder(first, 'bea');
  await owner.send('DELETE', `/v1/api-keys/${leakedKey.keyId}`);
  expect((await second.get(`/v1/carts/${cartId}`)).status).toBe(200);
  expect((await second.get(`/v1/checkouts/${checkoutId}`)).status).toBe(200);
  expect(await listIds(second, '/v1/orders')).toEqual([orderId]);
  const cancelled = await second.post(`/v1/orders/${orderId}/cancel`, { reason: 'mine' });
  expect(cancelled.status).toBe(200);
});

test('another shop, a buyer of that shop with the same id, and another buyer of this shop cannot find a buyer’s resources', async () => {
  const cartId = await createCart(leakedKey, 'cara');
  const { checkoutId, orderId } = await placeOrder(leakedKey, 'cara');
  for (const stranger of [
    api.shopB,
    await givenBuyer(api.shopB, 'cara'),
    await givenBuyer(otherKey, 'dan'),
  ]) {
    for (const path of [
      `/v1/carts/${cartId}`,
      `/v1/checkouts/${checkoutId}`,
      `/v1/orders/${orderId}`,
    ]) {
      expect([path, (await stranger.get(path)).status]).toEqual([path, 404]);
    }
    expect(await listIds(stranger, '/v1/carts')).not.toContain(cartId);
    expect(await listIds(stranger, '/v1/orders')).not.toContain(orderId);
  }
  // The seller sees the order, which contains its product, but not the checkout.
  expect((await api.shopA.get(`/v1/orders/${orderId}`)).status).toBe(200);
  expect((await api.shopA.get(`/v1/checkouts/${checkoutId}`)).status).toBe(404);
});
