import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { type ApiClient, apiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type GivenProduct, givenForSale, givenOrders } from '../testing/requests.ts';
import { type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
}

const namespace = testNamespace();
let api: TestApi;
/** Another process of the same system. */
let otherProcess: TestApi;
/** The shop that sells: its session, and a key of its own. */
let seller: GivenSeller;
let sellersKey: TestShop;
let product: GivenProduct;
/** A storefront of another shop. */
let front: TestShop;
let requests = 0;

beforeAll(async () => {
  const secrets = newSystemSecrets();
  api = await startTestApi(namespace, { secrets });
  otherProcess = await startTestApi(namespace, { secrets });
});
afterAll(() => Promise.all([api.close(), otherProcess.close()]));

beforeEach(async () => {
  seller = await givenSeller(api);
  sellersKey = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, SCOPES);
  product = await givenForSale(sellersKey, { onHand: 40 });
  front = await api.newShop();
});

const listStorefront = (body: object) => seller.post<Shown>('/v1/storefronts', body);
const closeShop = () => seller.send('PATCH', '/v1/shop', { openToStorefronts: false });
const lines = (quantity = 1) => [{ variantId: product.variantId, quantity }];

function buy(client: ApiClient, body: object = { buyerId: 'ana', lines: lines() }) {
  requests += 1;
  return client.post<Shown>('/v1/checkouts', body, { 'idempotency-key': `front-${requests}` });
}

/** Places an order of the product and returns its id. */
async function placeOrder(by: TestShop = front): Promise<string> {
  return (await givenOrders(api, by, [product.variantId])).orderIds[0] ?? '';
}

const move = (client: ApiClient, orderId: string, name: string) =>
  client.post<Shown>(
    `/v1/orders/${orderId}/${name}`,
    name === 'cancel' ? { reason: 'a test' } : undefined,
  );

/** The refusal of a storefront that the seller does not allow. */
const refusal = (extra: object) => ({
  status: 403,
  body: { code: 'storefront_not_allowed', shopId: seller.shopId, ...extra },
});

describe('a storefront that the seller does not list', () => {
  test('cannot confirm, ship or deliver its orders, and the seller can take the units back', async () => {
    const { orderIds } = await givenOrders(api, front, [product.variantId], { quantity: 40 });
    const [orderId = ''] = orderIds;
    for (const name of ['confirm', 'ship', 'deliver']) {
      expect(await move(front, orderId, name)).toMatchObject(refusal({ move: name }));
    }
    expect((await sellersKey.get(`/v1/inventory/${product.variantId}`)).body).toMatchObject({
      ...{ reserved: 40, sold: 0 },
    });
    expect(await move(sellersKey, orderId, 'cancel')).toMatchObject({
      body: { status: 'cancelled' },
    });
    expect((await sellersKey.get(`/v1/inventory/${product.variantId}`)).body).toMatchObject({
      ...{ onHand: 40, available: 40 },
    });
  });

  test('sells, and the seller confirms, ships and delivers', async () => {
    const orderId = await placeOrder();
    for (const [client, name, status] of [
      [seller, 'confirm', 'confirmed'],
      [sellersKey, 'ship', 'shipped'],
      [sellersKey, 'deliver', 'delivered'],
    ] as const) {
      expect(await move(client, orderId, name)).toMatchObject({ status: 200, body: { status } });
    }
  });

  test('cancels pending orders, but no confirmed orders', async () => {
    const [pending, confirmed] = [await placeOrder(), await placeOrder()];
    expect((await move(front, pending, 'cancel')).status).toBe(200);
    expect((await move(front, pending, 'cancel')).status).toBe(200);
    await move(sellersKey, confirmed, 'confirm');
    expect(await move(front, confirmed, 'cancel')).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', from: 'confirmed' },
    });
    expect((await move(sellersKey, confirmed, 'cancel')).status).toBe(200);
  });
});

test('a shop’s own key confirms and ships the shop’s orders, even if the shop is closed to storefronts', async () => {
  await closeShop();
  const orderId = await placeOrder(sellersKey);
  for (const name of ['confirm', 'ship', 'deliver']) {
    expect((await move(sellersKey, orderId, name)).status).toBe(200);
  }
});

describe('a storefront that is listed with mayConfirm', () => {
  test('confirms the orders that it placed with any of its keys, and does not ship them', async () => {
    await listStorefront({ shopId: front.shopId, maySell: true, mayConfirm: true });
    const orderId = await placeOrder();
    const another = await api.withScopes(front, ['orders:write']);
    expect((await move(another, orderId, 'confirm')).status).toBe(200);
    for (const name of ['ship', 'deliver']) {
      expect(await move(front, orderId, name)).toMatchObject(refusal({ move: name }));
    }
  });

  test('confirms with one key only, if the seller lists this key instead of the shop', async () => {
    await listStorefront({ keyId: front.keyId, maySell: true, mayConfirm: true });
    const another = await api.withScopes(front, ['orders:write']);
    const orderId = await placeOrder();
    expect(await move(another, orderId, 'confirm')).toMatchObject(refusal({ move: 'confirm' }));
    expect((await move(front, orderId, 'confirm')).status).toBe(200);
  });

  test('does not confirm orders of other storefronts or other sellers', async () => {
    await listStorefront({ shopId: front.shopId, maySell: true, mayConfirm: true });
    const others = await placeOrder(await api.newShop());
    expect((await move(front, others, 'confirm')).status).toBe(404);
    const foreignProduct = await givenForSale(api.shopB);
    const { orderIds } = await givenOrders(api, front, [foreignProduct.variantId]);
    expect((await move(front, orderIds[0] ?? '', 'confirm')).status).toBe(403);
  });

  test('loses the right to confirm at once in every process when the seller takes it away or removes the storefront from the list', async () => {
    const orderId = await placeOrder();
    const frontElsewhere = apiClient(otherProcess.url, front.apiKey);
    for (const client of [frontElsewhere, front]) {
      const { body } = await listStorefront({
        shopId: front.shopId,
        maySell: true,
        mayConfirm: true,
      });
      await listStorefront({ shopId: front.shopId, maySell: true, mayConfirm: false });
      expect(await move(client, orderId, 'confirm')).toMatchObject(refusal({ move: 'confirm' }));
      await listStorefront({ shopId: front.shopId, maySell: true, mayConfirm: true });
      await seller.send('DELETE', `/v1/storefronts/${body.id}`);
      expect(await move(client, orderId, 'confirm')).toMatchObject(refusal({ move: 'confirm' }));
    }
    await listStorefront({ shopId: front.shopId, maySell: true, mayConfirm: true });
    expect((await move(frontElsewhere, orderId, 'confirm')).status).toBe(200);
  });
});

describe('a shop that is closed to storefronts', () => {
  test('refuses sales through an unlisted storefront on every route', async () => {
    const { body: cart } = await front.post<Shown>('/v1/carts', { buyerId: 'ana', lines: lines() });
    const token = await front.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'ana' });
    const ana = tokenClient(api.url, token.body.token);
    await closeShop();
    const { variantId } = product;
    for (const client of [front, ana]) {
      const order = { buyerId: 'ana', lines: lines() };
      const line = `/v1/carts/${cart.id}/lines`;
      for (const answer of [
        await buy(client, order),
        await buy(client, { cartId: cart.id }),
        await client.post('/v1/checkouts/review', order),
        await client.post('/v1/checkouts/review', { cartId: cart.id }),
        await client.post('/v1/carts', order),
      ]) {
        const errors = [{ path: 'lines.0.variantId' }];
        expect(answer).toMatchObject(refusal({ variantId, errors }));
      }
      for (const answer of [
        await client.send('PUT', `${line}/${variantId}`, { quantity: 2 }),
        await client.post(line, { variantId, quantity: 1 }),
      ]) {
        expect(answer).toMatchObject(refusal({ variantId, errors: [{ path: 'variantId' }] }));
      }
      // Existing lines of the cart are shown as not for sale, and can be removed.
      expect((await client.get(`/v1/carts/${cart.id}`)).body).toMatchObject({
        lines: [{ variantId, isForSale: false, total: 0 }],
        ...{ subtotal: 0, changes: [{ variantId, kind: 'withdrawn' }] },
      });
    }
    expect((await front.send('DELETE', `/v1/carts/${cart.id}/lines/${variantId}`)).status).toBe(
      200,
    );
    expect(await api.context.store.checkouts.countDocuments({ storefrontId: front.shopId })).toBe(
      0,
    );
  });

  test('sells by itself and through listed storefronts', async () => {
    await closeShop();
    expect((await buy(sellersKey)).status).toBe(202);
    expect((await buy(front)).status).toBe(403);
    await listStorefront({ keyId: front.keyId, maySell: true, mayConfirm: false });
    expect((await buy(front)).status).toBe(202);
    const another = await api.withScopes(front, ['checkouts:write']);
    expect((await buy(another)).status).toBe(403);
  });

  test('refuses a checkout of several shops and names the line of its own product', async () => {
    await closeShop();
    const foreignProduct = await givenForSale(api.shopB);
    const both = [{ variantId: foreignProduct.variantId, quantity: 1 }, ...lines()];
    const { variantId } = product;
    expect(await buy(front, { buyerId: 'ana', lines: both })).toMatchObject(
      refusal({ variantId, errors: [{ path: 'lines.1.variantId' }] }),
    );
  });

  test('returns the first response to repeats of earlier checkouts', async () => {
    const body = { buyerId: 'ana', lines: lines() };
    const headers = { 'idempotency-key': 'before-closing' };
    const first = await front.post<Shown>('/v1/checkouts', body, headers);
    await closeShop();
    const again = await front.post<Shown>('/v1/checkouts', body, headers);
    expect([first.status, again.status, again.body]).toEqual([202, 202, first.body]);
  });

  test('is closed in every process, until it is opened again', async () => {
    const frontElsewhere = apiClient(otherProcess.url, front.apiKey);
    expect((await buy(frontElsewhere)).status).toBe(202);
    await closeShop();
    await expect.poll(async () => (await buy(frontElsewhere)).status).toBe(403);
    await seller.send('PATCH', '/v1/shop', { openToStorefronts: true });
    expect((await buy(front)).status).toBe(202);
    await expect.poll(async () => (await buy(frontElsewhere)).status).toBe(202);
  });
});

test('an open shop keeps a storefront out by listing it without maySell', async () => {
  const { body } = await listStorefront({
    shopId: front.shopId,
    maySell: false,
    mayConfirm: false,
  });
  expect(await buy(front)).toMatchObject(refusal({}));
  expect((await buy(await api.newShop())).status).toBe(202);
  await seller.send('DELETE', `/v1/storefronts/${body.id}`);
  expect((await buy(front)).status).toBe(202);
});
