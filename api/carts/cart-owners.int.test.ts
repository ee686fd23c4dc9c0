import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { givenCart, putLine, type ShownCart } from './testing/shown-cart.ts';

const namespace = testNamespace();
let api: TestApi;
let variantId: string;
let ana: ApiClient;
let ben: ApiClient;
/** A buyer with the same id and a token from another shop's key. */
let otherAna: ApiClient;

async function givenBuyer(buyerId: string, by: TestShop): Promise<ApiClient> {
  const { body } = await by.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  return tokenClient(api.url, body.token);
}

beforeAll(async () => {
  api = await startTestApi(namespace);
  ({ variantId } = await givenForSale(api.shopA));
  ana = await givenBuyer('ana', api.shopB);
  ben = await givenBuyer('ben', api.shopB);
  otherAna = await givenBuyer('ana', api.shopA);
});
afterAll(() => api.close());

test('a buyer creates carts only for itself, with or without its buyerId', async () => {
  for (const body of [undefined, {}, { buyerId: 'ana' }]) {
    const created = await ana.post<ShownCart>('/v1/carts', body);
    expect(created).toMatchObject({ status: 201, body: { buyerId: 'ana' } });
    // The key that issued the token sees the cart too.
    expect((await api.shopB.get(`/v1/carts/${created.body.id}`)).status).toBe(200);
  }
  const refused = await ana.post('/v1/carts', { buyerId: 'ben' });
  expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

test('a buyer can change a cart that a key of the shop created for it', async () => {
  const path = await givenCart(api.shopB, [], 'ana');
  expect((await putLine(ana, path, variantId, 2)).status).toBe(200);
  expect((await ana.get<ShownCart>(path)).body).toMatchObject({ lines: [{ quantity: 2 }] });
});

test('other callers cannot read, change or check out a cart', async () => {
  const path = await givenCart(api.shopB, [{ variantId, quantity: 1 }], 'ana');
  const cartId = path.slice('/v1/carts/'.length);
  const key = { 'idempotency-key': 'not-mine' };
  for (const client of [ben, otherAna, api.shopA]) {
    const statuses = [
      await client.get(path),
      await putLine(client, path, variantId, 5),
      await client.post(`${path}/lines`, { variantId, quantity: 1 }),
      await client.send('DELETE', `${path}/lines/${variantId}`),
      await client.post(`${path}/acknowledge`),
      await client.post('/v1/checkouts', { cartId }, key),
      await client.post('/v1/checkouts/review', { cartId }),
      await client.send('DELETE', path),
    ].map(({ status }) => status);
    expect(statuses).toEqual(Array(8).fill(404));
    const listed = await client.get<{ items: { id: string }[] }>('/v1/carts?limit=100&buyerId=ana');
    expect(listed.body.items.map(({ id }) => id)).not.toContain(cartId);
  }
  expect(await ana.get(path)).toMatchObject({ status: 200, body: { lines: [{ quantity: 1 }] } });
});

test('a cart can be checked out only for its own buyer, with or without the buyer’s id', async () => {
  const lines = [{ variantId, quantity: 1 }];
  const createCart = async () =>
    (await givenCart(api.shopB, lines, 'ana')).slice('/v1/carts/'.length);
  const checkOut = (client: ApiClient, body: object, key: string) =>
    client.post<ShownCart>('/v1/checkouts', body, { 'idempotency-key': key });
  const cartId = await createCart();
  const refused = [
    [await checkOut(api.shopB, { cartId, buyerId: 'ben' }, 'a'), 400],
    [await checkOut(ana, { cartId, buyerId: 'ben' }, 'a'), 403],
  ] as const;
  for (const [answer, status] of refused) {
    expect(answer).toMatchObject({ status, body: { errors: [{ path: 'buyerId' }] } });
  }
  expect(await checkOut(api.shopB, { cartId }, 'a')).toMatchObject({
    ...{ status: 202, body: { buyerId: 'ana', cartId } },
  });
  const withBuyer = { cartId: await createCart(), buyerId: 'ana' };
  expect((await checkOut(api.shopB, withBuyer, 'b')).status).toBe(202);
  expect((await checkOut(ana, { cartId: await createCart() }, 'c')).status).toBe(202);
});
